package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/valyala/fasthttp"
)

// calls is how many the upstream has got.
func (s *stage) calls() (int64, error) {
	body, err := s.get(countPath)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(body), 10, 64)
}

// idOf is the id that the vendor gave to a user.
func (s *stage) idOf(u *user) (string, error) {
	var found struct{ Users []struct{ ID string } }
	body, err := s.get((&proxy{}).path("", u.login()))
	if err == nil {
		err = json.Unmarshal(body, &found)
	}
	if err != nil || len(found.Users) != 1 {
		return "", errors.Join(fmt.Errorf("the vendor has %q not once: %s", u.login(), body), err)
	}
	return found.Users[0].ID, nil
}

// get asks the upstream itself, past every proxy.
func (s *stage) get(path string) ([]byte, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI("http://" + s.upstream.address + path)
	req.Header.Set("Authorization", "Bearer "+vendorToken)
	if err := fasthttp.DoTimeout(req, resp, callLimit); err != nil {
		return nil, fmt.Errorf("the upstream: %w", err)
	}
	if resp.StatusCode() != 200 {
		return nil, fmt.Errorf("the upstream: GET %s: status %d", path, resp.StatusCode())
	}
	return append([]byte(nil), resp.Body()...), nil
}
