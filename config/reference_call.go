package config

import (
	"strings"
	"time"
)

// callConcepts are what is sent, how the answer is read and what it means.
func callConcepts() []Concept {
	return []Concept{
		{"call", "Calls", "users", []Key{
			{"request", aRequest, "", `create: {request: POST /agents}`, "The method, and a path below the `url` of the upstream, in which `{expression}` is a hole."},
			{"query", mappingOf(aValue), "", `read: {request: "GET /agents/{id}", query: {fields: all}}`, "Parameters of this call. An empty one is left out."},
			{"headers", mappingOf(aText), "", `update: {request: "PATCH /agents/{id}", headers: {X-Reason: entra}}`, "Headers of this call."},
			{"body", aValue, "of a create or update the fields that are sent", `delete: {request: "POST /agents/{id}/remove", body: {confirm: =id}}`, "The body, in which `=fields` is what it would have been. `\"\"` or null for none."},
			{"wrap", either(wordOf("."), aField), "", `create: {request: POST /agents, body: {origin: entra}, wrap: agent}`, "Where in the body the fields stand: here in `{\"agent\": {...}}`. Beside `body` they are laid over it there; with `.` over the body itself, as in `body: {uid: =id}, wrap: .`."},
			{"fields", someFields, "what no other call carries", `update: ["PATCH /agents/{id}", {request: "PUT /agents/{id}/state", fields: [disabled]}]`,
				"A call of several: which fields it carries. It is left out when none of them is sent. A create leaves what an `update` lists to that one, save `userName`, without which nobody is created."},
			{"when", anExpression, "always", `delete: {request: "DELETE /agents/{id}", when: native.disabled}`, "A condition on the call: of a `find`, for which values it is of use; of `read`, on its further calls."},
			{"read_first", aBoolean, "false", `update: {request: "PATCH /agents/{id}", read_first: true}`,
				"The user is read before, for applications that answer \"done\" about nobody. Of `add` and `remove` it is `has` that is asked."},
			{"whole", either(aBoolean, listOf(aField)), "what changes, and lists complete", `update: {request: "PUT /agents/{id}", whole: true}`,
				"`true`: the whole user is sent, for applications that forget what is left out. A list of fields: these objects are sent complete, with what was read in them. `false`: also of a list only the elements that change."},
			{"until", anExpression, "one call is enough", `create: [POST /agents, {request: "GET /agents/{id}", until: body.state == "ready"}]`,
				"Of a `GET` that follows the write: it is repeated, with pauses, until the condition holds for its answer. When the time is up, Entra is told 503, and its next try goes on here."},
			{"send", wordOf("json", "form", "xml", "query"), "the upstream's", `create: {request: POST /agents, send: form}`, "How the body is written."},
			{"expect", either(wordOf("json", "xml", "form", "text"), keysOf("expect")), "the upstream's", `update: {request: "PATCH /agents/{id}", expect: text}`, "How the answer is read."},
			{"limits", keysOf("limits"), "none of its own", `create: {request: POST /agents, limits: {rate: 20/m}}`, "How often this call is made at most, beside the limits of the upstream."},
			{"timeout", aDuration, "the upstream's", `create: {request: POST /agents, timeout: 30s}`, "How long this call may take."},
		}},
		{"answer", "Answers", "users", []Key{
			{"item", aField, "the whole answer", `read: {request: "GET /agents/{id}", item: data.agent}`, "Where in the answer the user stands. Of a `find` it is for a search that answers one; `.` where the user is the whole of its answer. Of a create that answers a list of one: `\"[0]\"`."},
			{"items", aField, "the whole answer", `list: {request: GET /agents, items: data.agents}`, "Where in the answer the list stands; with `agents.*`, and `*` alone, an object whose members are named by ids; with `edges[].node` a list whose elements have the users in them. Of a `read` it is for a search that shows the user among others; `.` where the list is the whole of its answer."},
			{"id", aField, "what `id` of `users` says", `create: {request: POST /agents, id: key}`, "Where in the user the id stands."},
			{"into", aField, "", `read: ["GET /agents/{id}", {request: "GET /agents/{id}/phones", items: phones, into: phones}]`, "Of a further call: where its item, or its items, are joined to the user."},
			{"lacks", someFields, "", `list: {request: GET /agents, items: agents, lacks: [position]}`, "Fields that the answer does not show. What is needed of them is read; of a `read` it can be the id, which is filled in."},
			{"save", mappingOf(anExpression), "", `create: {request: POST /agents, save: {id: body.created.id}}`, "Values of the answer to keep for later calls of the request, as `saved.NAME`, and of a login for all calls, as `session.NAME`. `id` is the id of who was created."},
			{"more", anExpression, "until a page is empty", `list: {request: "GET /agents?page={page}", items: agents, more: page < body.pages}`, "Whether there is a further page. See [paging](#paging)."},
			{"next", anExpression, "", `list: {request: "GET /agents?cursor={next}", items: agents, next: body.cursor}`, "What leads to the next page: the value of `next` in its request, or else its address."},
			{"at_most", aNumber, "20,000; of a `find` 200", `list: {request: GET /agents, items: agents, at_most: 50000}`, "More than this are an error, not an answer."},
			{"errors", errorRules, "", `delete: {request: "DELETE /agents/{id}", errors: [{when: status == 410, is: done}]}`, "How the answers of this call are understood."},
		}},
		{"find", "Searches", "users", []Key{
			{"by", oneOrMany(anAttribute), "", `find: {by: [userName, emails.work.value], request: "GET /agents?q={value}", items: agents}`,
				"The attributes that it searches for a value; with an operator behind it (`userName sw`), for what begins so (`sw`), ends so (`ew`), contains it (`co`), or is larger or smaller (`gt`, `ge`, `lt`, `le`)."},
			{"hides", oneOrMany(wordOf("case", "inactive")), "", `find: {by: userName, request: "GET /agents?email={value}", items: agents, hides: inactive}`,
				"Whom it misses: who is spelled in another case, who is disabled."},
		}},
		{"error", "Error rules", "users", []Key{
			{"when", anExpression, "", `errors: [{when: status == 500 and text contains "duplicate", is: uniqueness}]`, "A condition on the answer, also on a good one."},
			{"is", wordOf("uniqueness", "invalidValue", "mutability", "notFound", "throttled", "unavailable", "done", "login", "again", "broken"), "", `errors: [{when: status == 200 and body.error == "busy", is: throttled}]`, "What the answer means, [as below](#what-is-can-say)."},
			{"attribute", anAttribute, "", `errors: [{when: body.field == "mail", is: invalidValue, attribute: emails.work.value}]`, "The attribute to blame."},
		}},
	}
}

// shortly is a duration as files write it.
func shortly(d time.Duration) string {
	if minutes, whole := strings.CutSuffix(d.String(), "m0s"); whole {
		return minutes + "m"
	}
	return d.String()
}
