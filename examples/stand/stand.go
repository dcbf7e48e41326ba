// Package stand is what the programs in the places of vendors have in common:
// each serves its endpoints, counts the calls that it gets, and breaks when a
// test says so.
package stand

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"sync"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

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
	body, err := json.Marshal(value)
	if err != nil {
		panic("BUG: an answer is not JSON: " + err.Error())
	}
	return Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// Text is an answer that is no JSON.
func Text(status int, text string) Answer {
	return Answer{Status: status, Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, Body: []byte(text)}
}

// Empty is an answer without a body.
func Empty(status int) Answer { return Answer{Status: status, Header: http.Header{}} }

// With adds a header.
func (a Answer) With(name, value string) Answer {
	a.Header.Add(name, value)
	return a
}

// API is what a vendor serves.
type API struct {
	Endpoints map[string]Endpoint // by the patterns of http.ServeMux
	// Gate refuses calls before their endpoints see them, for want of credentials
	// or because there were too many; nil lets them through.
	Gate func(r *http.Request, body []byte) *Answer
	// Kind names a call for the counts; "" for the pattern of its endpoint.
	Kind func(r *http.Request, body []byte) string
}

// Stand serves an API. Its methods may be called while it does.
type Stand struct {
	api API
	mux *http.ServeMux

	mu    sync.Mutex
	calls map[string]int
	down  bool
	lost  string
}

// New gives a stand for an API.
func New(api API) *Stand {
	s := &Stand{api: api, mux: http.NewServeMux(), calls: map[string]int{}}
	for pattern, endpoint := range api.Endpoints {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, endpoint) })
	}
	return s
}

// ServeHTTP answers a call.
func (s *Stand) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Do runs something while no call is answered.
func (s *Stand) Do(what func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what()
}

// Calls gives the number of calls since the last ResetCalls, by kind.
func (s *Stand) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// ResetCalls sets all counts back to nothing.
func (s *Stand) ResetCalls() { s.Do(func() { clear(s.calls) }) }

// Down takes the vendor away, or brings it back: while it is away, every
// connection is closed without an answer, and nothing is done or counted.
func (s *Stand) Down(away bool) { s.Do(func() { s.down = away }) }

// Lose has the next call of a kind done, and its answer lost.
func (s *Stand) Lose(kind string) { s.Do(func() { s.lost = kind }) }

func (s *Stand) serve(w http.ResponseWriter, r *http.Request, endpoint Endpoint) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer, gone := s.answer(r, body, endpoint)
	if gone {
		panic(http.ErrAbortHandler) // net/http's way to close a connection without a word
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Status)
	w.Write(answer.Body)
}

// answer does the work; gone says that the caller hears nothing of it.
func (s *Stand) answer(r *http.Request, body []byte, endpoint Endpoint) (a Answer, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return Answer{}, true
	}
	kind := s.kind(r, body)
	s.calls[kind]++
	if s.api.Gate != nil {
		if refusal := s.api.Gate(r, body); refusal != nil {
			return *refusal, false
		}
	}
	a = endpoint(r, body)
	if s.lost == kind {
		s.lost = ""
		return a, true
	}
	return a, false
}

func (s *Stand) kind(r *http.Request, body []byte) string {
	if s.api.Kind != nil {
		if kind := s.api.Kind(r, body); kind != "" {
			return kind
		}
	}
	return r.Pattern
}
