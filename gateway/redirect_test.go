package gateway_test

import (
	"fmt"
	"net/http"
	"testing"
)

// TestRedirects: a redirect is no success and is never followed, whatever it says, and
// a create that was answered so is looked for when Entra comes again.
func TestRedirects(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		elsewhere, connected := watched(t)
		s := newShelf()
		to := func(w http.ResponseWriter, path string) {
			w.Header().Set("Location", "http://"+elsewhere+path)
			w.WriteHeader(status)
		}
		s.routes["POST /users"] = func(w http.ResponseWriter, _ *http.Request, body native) { s.put(body); to(w, "/users/n1") }
		s.routes["PATCH /users/{id}"] = func(w http.ResponseWriter, _ *http.Request, _ native) { to(w, "/users/n1") }
		s.routes["GET /moved/{id}"] = func(w http.ResponseWriter, _ *http.Request, _ native) { to(w, "/users/n1") }
		r, vendor := s.rig(t)
		unexpected := fmt.Sprint("the vendor answered with the unexpected status ", status)
		ann := shown("n1", `"userName":"ann","title":"Boss","active":true`)
		r.tell(t, vendor, []step{
			{"POST /Users", newAnn, 502, unexpected, []string{findAnn, fmt.Sprint("POST /users ", status)}},
			{"POST /Users", newAnn, 201, ann, []string{findAnn}},
			{"PATCH /Users/n1", replacing("title", `"Chief"`), 502, unexpected, []string{fmt.Sprint("PATCH /users/n1 ", status)}},
		})
		r, vendor = s.rig(t, "  read: GET /moved/{id}")
		r.tell(t, vendor, []step{
			{"GET /Users/n1", "", 502, unexpected, []string{fmt.Sprint("GET /moved/n1 ", status)}},
		})
		if connected() {
			t.Errorf("%d was followed", status)
		}
	}
}

// TestRedirectThatIsSuccess: an application of forms answers what went well with a
// redirect to what there is now. A rule says so, and the id is the one that it names.
func TestRedirectThatIsSuccess(t *testing.T) {
	s := newShelf()
	see := func(w http.ResponseWriter, u native) {
		w.Header().Set("Location", fmt.Sprint("/users/", u["id"]))
		say(w, 303, nil)
	}
	s.routes["POST /users"] = func(w http.ResponseWriter, _ *http.Request, body native) { see(w, s.put(body)) }
	s.routes["PATCH /users/{id}"] = func(w http.ResponseWriter, r *http.Request, body native) {
		u := s.users[r.PathValue("id")]
		for name, value := range body {
			u[name] = value
		}
		see(w, u)
	}
	s.routes["DELETE /users/{id}"] = func(w http.ResponseWriter, r *http.Request, _ native) {
		delete(s.users, r.PathValue("id"))
		see(w, native{"id": ""})
	}
	errors := `, errors: [{when: status == 303 and headers.location startsWith "/users/", is: done}]}`
	r, vendor := s.rig(t, "  create: {request: POST /users"+errors, `  update: {request: "PATCH /users/{id}"`+errors, `  delete: {request: "DELETE /users/{id}"`+errors)
	ann := shown("n1", `"userName":"ann","title":"Boss","active":true`)
	r.tell(t, vendor, []step{
		{"POST /Users", newAnn, 201, ann, []string{findAnn, "POST /users 303", "GET /users/n1 200"}},
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 204, "", []string{"PATCH /users/n1 303"}},
		{"GET /Users/n1", "", 200, shown("n1", `"userName":"ann","title":"Chief","active":true`), []string{"GET /users/n1 200"}},
		{"DELETE /Users/n1", "", 204, "", []string{"DELETE /users/n1 303"}},
		{"GET /Users/n1", "", 404, `there is no user with the id "n1"`, []string{"GET /users/n1 404"}},
	})
}

// TestRedirectToTheLogin: one that leads to the login page says that the session is
// over; the write is made once more in a new one.
func TestRedirectToTheLogin(t *testing.T) {
	s := newShelf()
	session, logins := "", 0
	s.routes["POST /login"] = func(w http.ResponseWriter, _ *http.Request, _ native) {
		logins++
		session = fmt.Sprint("s", logins)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: session})
		w.Header().Set("Location", "/home")
		say(w, 302, nil)
	}
	for pattern, serve := range s.routes {
		if pattern == "POST /login" {
			continue
		}
		s.routes[pattern] = func(w http.ResponseWriter, r *http.Request, body native) {
			if cookie, err := r.Cookie("session"); err != nil || cookie.Value != session {
				w.Header().Set("Location", "/login?back=1")
				say(w, 302, nil)
				return
			}
			serve(w, r, body)
		}
	}
	r, vendor := s.rig(t, `upstream:
  url: "${env:LEGACY_URL}"
  login: {request: POST /login, send: form, body: {user: u, password: p}, errors: [{when: 'status == 302 and headers.location == "/home"', is: done}]}
  errors: [{when: 'status == 302 and headers.location startsWith "/login"', is: login}]`)
	r.tell(t, vendor, []step{
		{"POST /Users", newAnn, 201, shown("n1", `"userName":"ann","title":"Boss","active":true`), []string{"POST /login 302", findAnn, "POST /users 201"}},
	})
	session = "over"
	r.tell(t, vendor, []step{
		{"PATCH /Users/n1", replacing("title", `"Chief"`), 200, shown("n1", `"userName":"ann","title":"Chief","active":true`),
			[]string{"PATCH /users/n1 302", "POST /login 302", "PATCH /users/n1 200"}},
	})
}
