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

// shown is a resource without what the answer lacks or the caller did not want.
func shown(r *http.Request, u *record, lacks ...string) map[string]any {
	out := u.resource()
	for _, lacking := range lacks {
		set(out, "remove", u.of.mustPath(lacking), nil)
	}
	prune(out)
	members, _ := out["members"].([]any)
	for _, m := range members {
		member := m.(map[string]any)
		member["$ref"] = location(r, users, member["value"].(string))
	}
	schemas := []string{u.of.shape.urn}
	if out[enterprise] != nil {
		schemas = append(schemas, enterprise)
	}
	out["meta"] = map[string]any{
		"resourceType": u.of.name,
		"created":      u.created.Format(time.RFC3339),
		"lastModified": u.modified.Format(time.RFC3339),
		"location":     location(r, u.of, u.id),
	}
	out = selected(r, u.of, out)
	out["id"], out["schemas"] = u.id, schemas
	return out
}

// location is a resource's address as the caller would write it, with what a
// StripPrefix before the handler has taken away.
func location(r *http.Request, of *resourceType, id string) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + strings.TrimSuffix(r.RequestURI, r.URL.RequestURI()) + of.path + "/" + id
}
