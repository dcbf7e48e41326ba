package provider

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what a call is answered, before anything is written, so that a
// fault can lose it.
type answer struct {
	status int
	header http.Header
	body   map[string]any // nil: none
}

func (a answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	encoded, err := json.Marshal(a.body)
	if err != nil {
		panic("BUG: an answer is not JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(a.status)
	w.Write(encoded)
}

// refusal is a call that is not done, with RFC 7644's words for it.
type refusal struct {
	status   int
	scimType string // "": none
	detail   string
}

func badRequest(scimType, format string, about ...any) *refusal {
	return &refusal{http.StatusBadRequest, scimType, fmt.Sprintf(format, about...)}
}

func noSuchUser(id string) *refusal {
	return &refusal{http.StatusNotFound, "", fmt.Sprintf("no user has the id %q", id)}
}

func (r *refusal) answer() answer {
	body := map[string]any{"schemas": []string{messages + "Error"}, "status": strconv.Itoa(r.status), "detail": r.detail}
	if r.scimType != "" {
		body["scimType"] = r.scimType
	}
	out := answer{status: r.status, body: body}
	if r.status == http.StatusUnauthorized {
		out.header = http.Header{"Www-Authenticate": {"Bearer"}}
	}
	return out
}

// listed is a page of a list; startIndex counts from 1.
func listed(resources []map[string]any, startIndex, total int) answer {
	if resources == nil {
		resources = []map[string]any{}
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"schemas":      []string{messages + "ListResponse"},
		"totalResults": total,
		"startIndex":   startIndex,
		"itemsPerPage": len(resources),
		"Resources":    resources,
	}}
}

// shown is the resource of a user without what the answer lacks.
func shown(r *http.Request, u *record, lacks ...string) map[string]any {
	out := u.resource()
	for _, lacking := range lacks {
		set(out, "remove", mustPath(lacking), nil)
	}
	prune(out)
	out["schemas"] = []string{coreUser}
	if out[enterprise] != nil {
		out["schemas"] = []string{coreUser, enterprise}
	}
	out["meta"] = map[string]any{
		"resourceType": "User",
		"created":      u.created.Format(time.RFC3339),
		"lastModified": u.modified.Format(time.RFC3339),
		"location":     location(r, u),
	}
	return out
}

// location is a user's address as the caller would write it, with what a
// StripPrefix before the handler has taken away.
func location(r *http.Request, u *record) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + strings.TrimSuffix(r.RequestURI, r.URL.RequestURI()) + "/Users/" + u.id
}
