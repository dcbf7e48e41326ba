package config

// upstreamConcepts are how the application is reached, and what lets in there.
func upstreamConcepts() []Concept {
	return []Concept{
		{"upstream", "Upstream", "upstream", []Key{
			{"url", aText, "", `url: https://helpdesk.example.com/v1`, "Scheme, host and base path. Nothing that is sent can lead to another host."},
			{"protocol", wordOf("scim"), "an API of its own", `protocol: scim`, "The application speaks SCIM itself, and most of the file is filled in."},
			{"headers", mappingOf(aText), "", `headers: {X-Api-Key: "${env:API_KEY}"}`, "What every call carries as headers, such as an API key."},
			{"query", mappingOf(aText), "", `query: {tenant: "7"}`, "Parameters of every call."},
			{"body", mappingOf(aValue), "", `body: {source: entra}`, "What every body has. A call's own body is merged into it, level by level; null takes a member out."},
			{"send", wordOf("json", "form", "xml", "query"), "`json`", `send: form`, "How bodies are written."},
			{"expect", either(wordOf("json", "xml", "form", "text"), keysOf("expect")), "`json`", `expect: xml`, "How answers are read."},
			{"basic", keysOf("basic"), "", `basic: {user: scim, password: "${env:API_PASSWORD}"}`, "Basic authentication."},
			{"oauth2", keysOf("oauth2"), "", `oauth2: {token_url: /oauth/token, client_id: scim, client_secret: "${env:CLIENT_SECRET}"}`,
				"A bearer token from a token endpoint (OAuth 2), fetched anew before it expires."},
			{"login", oneOrMany(keysOf("login")), "", `login: {request: POST /login, body: {key: "${env:API_KEY}"}, save: {token: body.token}}`,
				"One call or several, made in order when there is no session. What they save is `session.NAME` in every call."},
			{"refresh", oneOrMany(keysOf("login")), "", "login: {request: POST /login, body: {key: \"${env:API_KEY}\"}, save: {renewal: body.refresh}}\nrefresh: {request: POST /refresh, body: {token: =session.renewal}, save: {renewal: body.refresh}}",
				"Calls like those of `login`, tried before them when there is a session that ends."},
			{"aws", keysOf("aws"), "", `aws: {access_key: "${env:AWS_KEY}", secret_key: "${env:AWS_SECRET}", region: eu-central-1, service: execute-api}`,
				"Each call is signed as AWS wants it (Signature Version 4)."},
			{"tls", keysOf("tls"), "the authorities of the system", `tls: {server_name: helpdesk.internal}`, "Certificates beyond the usual."},
			{"limits", keysOf("limits"), "none", `limits: {rate: 10/s, concurrent: 8}`, "How many calls the application is sent at most."},
			{"timeout", aDuration, "`" + shortly(defaultTimeout) + "`", `timeout: 30s`, "How long a call may take, `" + shortly(maxTimeout) + "` at most."},
			{"errors", errorRules, "", `errors: [{when: status == 440, is: unavailable}]`, "How answers are understood, for all calls."},
		}},
		{"expect", "Formats", "upstream", []Key{
			{"format", wordOf("json", "xml", "form", "text"), "`json`", `expect: {format: json, type: text/html}`, "How answers are read."},
			{"type", aText, "what the format is called", `expect: {format: json, type: text/html}`, "The content type of the application's answers, where it names another one than it means."},
		}},
		{"basic", "Basic authentication", "upstream", []Key{
			{"user", aText, "", `basic: {user: scim, password: "${env:API_PASSWORD}"}`, "The account."},
			{"password", aText, "", `basic: {user: scim, password: "${file:password.txt}"}`, "Its password, a secret."},
		}},
		{"oauth2", "OAuth 2", "upstream", oauth2Keys()},
		{"aws", "AWS signatures", "upstream", []Key{
			{"access_key", aText, "", `aws: {access_key: "${env:AWS_KEY}", secret_key: "${env:AWS_SECRET}", region: eu-central-1, service: execute-api}`, "The access key ID."},
			{"secret_key", aText, "", `aws: {access_key: "${env:AWS_KEY}", secret_key: "${env:AWS_SECRET}", region: eu-central-1, service: execute-api}`, "Its secret."},
			{"session_token", aText, "", `aws: {access_key: "${env:AWS_KEY}", secret_key: "${env:AWS_SECRET}", session_token: "${env:AWS_TOKEN}", region: eu-central-1, service: execute-api}`, "With temporary keys, their token."},
			{"region", aText, "", `aws: {access_key: "${env:AWS_KEY}", secret_key: "${env:AWS_SECRET}", region: us-east-1, service: execute-api}`, "The region."},
			{"service", aText, "", `aws: {access_key: "${env:AWS_KEY}", secret_key: "${env:AWS_SECRET}", region: us-east-1, service: lambda}`, "The service's name in signatures."},
		}},
		{"tls", "TLS", "upstream", []Key{
			{"ca", aText, "", `tls: {ca: "${file:ca.pem}"}`, "A further authority to trust, in PEM: a path, or the text itself."},
			{"cert", aText, "", `tls: {cert: "${file:client.pem}", key: "${file:client.key}"}`, "The certificate that scimshim shows, with its chain."},
			{"key", aText, "", `tls: {cert: "${file:client.pem}", key: "${file:client.key}"}`, "The certificate's key."},
			{"server_name", aText, "the host of `url`", `tls: {server_name: helpdesk.internal}`, "The name that the application's certificate has."},
		}},
		{"login", "Logging in", "upstream", loginKeys()},
		{"limits", "Limits", "upstream", []Key{
			{"rate", aRate, "none", `limits: {rate: 20/m}`, "Calls in each second (`10/s`), minute (`20/m`) or hour."},
			{"burst", aNumber, "1", `limits: {rate: 10/s, burst: 20}`, "How many may come at once after a quiet time."},
			{"concurrent", aNumber, "none", `limits: {concurrent: 8}`, "How many may be under way at a time."},
			{"wait", aDuration, "`5s`", `limits: {rate: 10/s, wait: 2s}`, "How long a call waits for its turn. Then Entra is told 429, with the time after which to try again."},
		}},
	}
}

func oauth2Keys() []Key {
	const start, end = `oauth2: {token_url: /oauth/token, client_id: scim, client_secret: "${env:CLIENT_SECRET}"`, `}`
	const user = `, grant: password, username: scim, password: "${env:API_PASSWORD}"`
	return []Key{
		{"token_url", aText, "", `oauth2: {token_url: "https://login.example.com/token", client_id: scim, client_secret: "${env:CLIENT_SECRET}"}`, "The token endpoint: a URL, or a path at the upstream."},
		{"client_id", aText, "", start + end, "The identifier that the application gave to scimshim."},
		{"client_secret", aText, "", start + end, "Its secret."},
		{"scope", aText, "", start + `, scope: users.write` + end, "What the token is to allow, as the application calls it."},
		{"audience", aText, "", start + `, audience: "https://api.example.com"` + end, "For whom the token is, where the application asks for it."},
		{"grant", wordOf("client_credentials", "password", "refresh_token"), "`client_credentials`", start + user + end, "How the token is got."},
		{"username", aText, "", start + user + end, "With `grant: password`, the account."},
		{"password", aText, "", start + user + end, "With `grant: password`, its password."},
		{"refresh_token", aText, "", start + `, grant: refresh_token, refresh_token: "${env:REFRESH_TOKEN}"` + end,
			"With `grant: refresh_token`, the first one. One that the application puts in its place is kept in the state, encrypted, so that a restart goes on with it."},
		{"auth", wordOf("header", "body"), "`header`", start + `, auth: body` + end, "Where the identifier and the secret are sent."},
		{"params", mappingOf(aText), "", start + `, params: {resource: users}` + end, "Further parameters of the token request."},
	}
}

func loginKeys() []Key {
	const login = `login: {request: POST /login, body: {key: "${env:API_KEY}"}, `
	return []Key{
		{"request", aRequest, "", `login: {request: POST /login, body: {key: "${env:API_KEY}"}, save: {token: body.token}}`, "As of a [call](#calls), and so are the next six."},
		{"query", mappingOf(aText), "", `login: {request: GET /challenge, query: {username: scim}, save: {salt: body.salt}}`, "Parameters."},
		{"headers", mappingOf(aText), "", `login: {request: POST /login, headers: {Api-Key: "${env:API_KEY}"}, save: {token: body.token}}`, "Headers."},
		{"body", aValue, "none", login + `save: {token: body.token}}`, "The body."},
		{"send", wordOf("json", "form", "xml", "query"), "the upstream's", login + `send: form, save: {token: body.token}}`, "How the body is written."},
		{"expect", either(wordOf("json", "xml", "form", "text"), keysOf("expect")), "the upstream's", login + `expect: text, save: {token: text}}`, "How the answer is read."},
		{"when", anExpression, "always", login + `when: not has(session.token), save: {token: body.token}}`, "A condition on the call."},
		{"save", mappingOf(anExpression), "", login + `save: {token: body.token, expires: body.expires_in}}`,
			"Values of the answer, known as `session.NAME`. `expires`, in seconds from now or as a time, says when the session ends."},
		{"errors", errorRules, "", login + `errors: [{when: status == 503, is: unavailable}]}`, "How the answer is understood."},
	}
}
