package entra_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// store is the vendor of wide.yaml: objects in collections, each with an id.
type store struct {
	mu          sync.Mutex
	collections map[string][]map[string]any
	next        string // the id of what is created next
}

// handler is the vendor's API, the same for every collection.
func (s *store) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(r *http.Request) (status int, answer any){
		"GET /{collection}": s.list, "POST /{collection}": s.create,
		"GET /{collection}/{id}": s.read, "PATCH /{collection}/{id}": s.change, "DELETE /{collection}/{id}": s.remove,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			status, answer := do(r)
			if answer == nil {
				w.WriteHeader(status)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(answer)
		})
	}
	return mux
}

// list answers with whoever has what the query says, whatever the case, or with
// the part of all that it asks for.
func (s *store) list(r *http.Request) (int, any) {
	name, query := r.PathValue("collection"), r.URL.Query()
	items := []map[string]any{}
	for _, item := range s.collections[name] {
		has := func(field string) bool { return strings.EqualFold(fmt.Sprint(item[field]), query.Get(field)) }
		if query.Has("limit") || !slices.ContainsFunc(slices.Collect(maps.Keys(query)), func(field string) bool { return !has(field) }) {
			items = append(items, item)
		}
	}
	total := len(items)
	offset, _ := strconv.Atoi(query.Get("offset"))
	return http.StatusOK, map[string]any{name: items[min(offset, total):], "total": total}
}

func (s *store) create(r *http.Request) (int, any) {
	item := map[string]any{}
	if err := json.NewDecoder(r.Body).Decode(&item); err != nil {
		return http.StatusBadRequest, map[string]any{"error": err.Error()}
	}
	item["id"] = s.next
	name := r.PathValue("collection")
	s.collections[name] = append(s.collections[name], item)
	return http.StatusCreated, item
}

// find gives where the object that a path names is, or less than 0.
func (s *store) find(r *http.Request) int {
	return slices.IndexFunc(s.collections[r.PathValue("collection")], func(item map[string]any) bool { return item["id"] == r.PathValue("id") })
}

func (s *store) read(r *http.Request) (int, any) {
	i := s.find(r)
	if i < 0 {
		return http.StatusNotFound, nil
	}
	return http.StatusOK, s.collections[r.PathValue("collection")][i]
}

// change sets the fields that it is sent; null removes one.
func (s *store) change(r *http.Request) (int, any) {
	status, answer := s.read(r)
	if status != http.StatusOK {
		return status, answer
	}
	item := answer.(map[string]any)
	if err := json.NewDecoder(r.Body).Decode(&item); err != nil {
		return http.StatusBadRequest, map[string]any{"error": err.Error()}
	}
	maps.DeleteFunc(item, func(_ string, v any) bool { return v == nil })
	return http.StatusOK, item
}

func (s *store) remove(r *http.Request) (int, any) {
	i := s.find(r)
	if i < 0 {
		return http.StatusNotFound, nil
	}
	name := r.PathValue("collection")
	s.collections[name] = slices.Delete(s.collections[name], i, i+1)
	return http.StatusNoContent, nil
}
