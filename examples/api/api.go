// Package api serves the endpoints of programs that stand in the places of
// vendors: one call at a time, each refused or answered.
package api

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
)

// Endpoint answers one kind of call. No two run at the same time, so that a
// vendor's store needs no lock of its own.
type Endpoint func(r *http.Request, body []byte) Answer

// Answer is what a call is answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // empty: none
}

// JSON is an answer with a value as its body.
func JSON(status int, value any) Answer {
	return Text(status, "application/json", string(encode(value)))
}

// Text is an answer with a body of some media type.
func Text(status int, media, text string) Answer {
	return Answer{Status: status, Header: http.Header{"Content-Type": {media}}, Body: []byte(text)}
}

// Empty is an answer without a body.
func Empty(status int) Answer { return Answer{Status: status, Header: http.Header{}} }

// With adds a header.
func (a Answer) With(name, value string) Answer {
	a.Header.Add(name, value)
	return a
}

func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic("BUG: an answer is not JSON: " + err.Error())
	}
	return text
}

// Fields gives the fields of an object as JSON shows them, without some.
func Fields(object any, without ...string) map[string]any {
	fields := map[string]any{}
	if err := json.Unmarshal(encode(object), &fields); err != nil {
		panic("BUG: it is no object: " + err.Error())
	}
	for _, name := range without {
		delete(fields, name)
	}
	return fields
}

// API serves endpoints. Its methods may be called while it does.
type API struct {
	refuse Refusal
	mux    *http.ServeMux
	mu     sync.Mutex
}

// Refusal answers calls before their endpoints see them, for want of credentials
// or because there were too many; nil lets them through.
type Refusal func(r *http.Request, body []byte) *Answer

// New gives an API of endpoints, by the patterns of http.ServeMux. refuse may be
// nil: then none is refused before.
func New(endpoints map[string]Endpoint, refuse Refusal) *API {
	a := &API{refuse: refuse, mux: http.NewServeMux()}
	for pattern, endpoint := range endpoints {
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, endpoint) })
	}
	return a
}

// ServeHTTP answers a call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// Pattern gives the pattern of the endpoint that a call is for, "" for none.
func (a *API) Pattern(r *http.Request) string {
	_, pattern := a.mux.Handler(r)
	return pattern
}

// Do runs something while no call is answered.
func (a *API) Do(what func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	what()
}

func (a *API) serve(w http.ResponseWriter, r *http.Request, endpoint Endpoint) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer := a.answer(r, body, endpoint)
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Status)
	w.Write(answer.Body)
}

func (a *API) answer(r *http.Request, body []byte, endpoint Endpoint) Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refuse != nil {
		if refusal := a.refuse(r, body); refusal != nil {
			return *refusal
		}
	}
	return endpoint(r, body)
}
