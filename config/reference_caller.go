package config

// callerConcepts are the whole file, and who may call.
func callerConcepts() []Concept {
	return []Concept{
		{"file", "The file", "", []Key{
			{"vendor", aText, "", `vendor: helpdesk`, "The name: small letters, digits and hyphens. It is part of the Tenant URL."},
			{"callers", listOf(keysOf("caller")), "", `callers: [{token: "${env:SCIM_TOKEN}"}]`, "Who may call, one or more."},
			{"upstream", keysOf("upstream"), "", `upstream: {url: "https://helpdesk.example.com/v1"}`, "How the application is reached."},
			{"users", keysOf("kind"), "", `users: {id: number}`, "Everything about its users."},
			{"groups", either(wordOf("unsupported"), keysOf("kind")), "`unsupported`", `groups: unsupported`,
				"Everything about its groups. With `unsupported` the connection test passes, and provisioning groups is refused with the reason."},
			{"extensions", mappingOf(mappingOf(wordOf(types...))), "", `extensions: {"urn:example:helpdesk:2.0:User": {mailNickname: string}}`,
				"Attributes that SCIM does not know: the URN of a schema, and below it a type for each name. They then stand under `attributes` by their names."},
			{"lookups", mappingOf(keysOf("lookup")), "", `lookups: {roles: {request: GET /roles, items: roles, key: name, value: id}}`,
				"Tables that the application has itself, such as the ids of its roles, by a name that attributes refer to."},
		}},
		{"caller", "Callers", "", []Key{
			{"token", aText, "", `callers: [{token: "${env:SCIM_TOKEN}"}]`, "Who has this token: Entra's **Secret Token**."},
			{"token_sha256", aText, "", `callers: [{token_sha256: "${env:TOKEN_HASH}"}]`, "The same, where the file has only the SHA-256 of the token, in hexadecimal."},
			{"entra", keysOf("entra"), "", "callers: [{entra: {tenant: 11111111-2222-3333-4444-555555555555, subject: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}}]",
				"Entra, with a token that it issues itself. There is no secret."},
			{"client", keysOf("client"), "", `callers: [{client: {id: entra, secret: "${env:CLIENT_SECRET}"}}]`, "A client that asks scimshim for a token first, as OAuth 2 has it."},
			{"read_only", aBoolean, "false", `callers: [{token: "${env:AUDIT_TOKEN}", read_only: true}]`, "The caller may read and no more."},
			{"networks", oneOrMany(aText), "anywhere", `callers: [{token: "${env:SCIM_TOKEN}", networks: [192.0.2.7, 10.0.0.0/8, "2001:db8::/32"]}]`,
				"From which addresses and networks the caller may call. Behind a proxy, name the proxy with `--trusted-proxy`, or its address is the one that counts."},
		}},
		{"client", "Clients", "", []Key{
			{"id", aText, "", `callers: [{client: {id: entra, secret: "${env:CLIENT_SECRET}"}}]`, "The identifier that you made up for it."},
			{"secret", aText, "", `callers: [{client: {id: entra, secret: "${file:client.secret}"}}]`, "Its secret (client credentials)."},
			{"entra", keysOf("entra"), "", "callers: [{client: {id: entra, entra: {tenant: 11111111-2222-3333-4444-555555555555, audience: \"api://scimshim\", subject: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}}}]",
				"In place of a secret, the assertion that Entra issues (workload identity federation)."},
		}},
		{"entra", "Tokens of Entra", "", []Key{
			{"tenant", aText, "", "callers: [{entra: {tenant: 11111111-2222-3333-4444-555555555555, subject: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}}]",
				"The Tenant ID, a GUID. Tokens of no other tenant are accepted; `common` and the like are errors."},
			{"audience", oneOrMany(aText), "of a caller `" + issuesTokens.audience + "`, which all non-gallery applications share; of a client none",
				"callers: [{entra: {tenant: 11111111-2222-3333-4444-555555555555, audience: [\"api://one\"], subject: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}}]",
				"For whom the token is. A client must have it."},
			{"subject", aText, "any application of the tenant", "callers: [{entra: {tenant: 11111111-2222-3333-4444-555555555555, subject: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}}]",
				"The Object ID of the one application whose tokens count, a GUID, as it stands under **Enterprise applications** (the one under **App registrations** is another). " +
					"`check` warns where it is missing. The log shows it, as `subject`, for each call that was accepted."},
			{"authority", aText, "`" + defaultAuthority + "`",
				"callers: [{entra: {tenant: 11111111-2222-3333-4444-555555555555, subject: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee, authority: \"https://login.microsoftonline.us\"}}]",
				"Where Entra is, for national clouds."},
		}},
	}
}
