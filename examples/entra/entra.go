// Package entra plays Microsoft Entra ID's provisioning service: a client that
// calls a SCIM endpoint as the service does, so that what Entra would trip over
// shows in seconds instead of cycles of forty minutes. The demo, the
// tests and the benchmarks all use this one.
//
// A Service holds source users and groups. A cycle probes the endpoint with a
// random GUID, and then takes user by user, and after them group by group: one
// not met before is searched by the matching attributes, and created if nobody
// answers; one met before is read by the id that was cached for it, the anchor.
// What the endpoint shows is compared with the source, and what differs is sent
// in one PATCH. Nothing else is remembered, so an endpoint that does not show
// what it was sent is sent it again in every cycle.
//
// References come last, when everybody is there whom they lead to: managers, and
// then the members of groups, each in PATCHes of their own. No read shows
// members, so here what counts is what has been sent; where that is not known,
// in an initial cycle or for a group that was found, the endpoint is asked for
// each member whether it has him.
//
// Where Microsoft's documentation is silent a choice had to be made:
//   - every cycle looks at every user, as if each had changed; Entra asks its
//     own directory first and skips the unchanged;
//   - with the flag, additions and replacements are folded apart, and a single
//     attribute keeps its path;
//   - a match is read by its id before it is compared;
//   - who is in scope, but could not be created yet, is referred to later; who
//     is out of scope is not, until a restart, as Microsoft has it;
//   - a PATCH adds or removes a hundred members at most;
//   - Retry-After is noted and not waited for;
//   - redirects are not followed.
//
// Roles are not played, and neither are Entra's growing gaps between retries or
// its proportions of failures before a quarantine.
package entra
