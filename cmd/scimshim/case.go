package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"scimshim/transform"
)

// vendorCase is one case beside a vendor file: what a caller asks, what the
// gateway is to ask the vendor, and what it is to answer, round by round. The
// rounds share what the gateway remembers.
type vendorCase struct {
	name   string // of its file, without .txtar
	why    string // what it shows: the first paragraph of its comment, on one line
	rounds []round
}

type round struct {
	request  message
	natives  []native
	response message
}

// native is a call that the vendor is to get, and what it answers.
type native struct {
	request  message
	delivery transform.Delivery
	answer   message // when it is answered
}

// loadCases reads the cases beside a vendor file, in the order of their names.
func loadCases(file string) ([]vendorCase, error) {
	folder := filepath.Join(filepath.Dir(file), "cases")
	paths, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err == nil && len(paths) == 0 {
		err = errors.New("there are no cases: write the first one as " + filepath.Join(folder, "NAME.txtar"))
	}
	if err != nil {
		return nil, err
	}
	cases := make([]vendorCase, 0, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		c, err := parseCase(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c.name = strings.TrimSuffix(filepath.Base(path), ".txtar")
		cases = append(cases, c)
	}
	return cases, nil
}

// followers are the parts that may come after a part; "" is the beginning.
func followers(part string) []string {
	switch part {
	case "", "response":
		return []string{"request"}
	case "request", "answer":
		return []string{"native", "response"}
	case "native":
		return []string{"answer"}
	}
	return nil
}

// parseCase reads a case: the comment says why, then come rounds of request,
// any number of native and answer, and response.
func parseCase(text []byte) (c vendorCase, err error) {
	archive := txtar.Parse(text)
	why, _, _ := strings.Cut(strings.TrimSpace(string(archive.Comment)), "\n\n")
	if c.why = strings.Join(strings.Fields(why), " "); c.why == "" {
		return c, errors.New("it does not say why: begin with a sentence about what the case shows")
	}
	last := ""
	for _, part := range archive.Files {
		if !slices.Contains(followers(last), part.Name) {
			return c, fmt.Errorf("-- %s -- cannot come after %s: use -- %s --", part.Name, partName(last), strings.Join(followers(last), " -- or -- "))
		}
		if err := c.add(part); err != nil {
			return c, fmt.Errorf("round %d, -- %s --: %w", len(c.rounds), part.Name, err)
		}
		last = part.Name
	}
	if last != "response" {
		return c, fmt.Errorf("it ends after %s: a round is -- request --, any number of -- native -- and -- answer --, and -- response --", partName(last))
	}
	return c, nil
}

func partName(part string) string {
	if part == "" {
		return "the comment"
	}
	return "-- " + part + " --"
}

// add takes the next part.
func (c *vendorCase) add(part txtar.File) (err error) {
	if part.Name == "request" {
		c.rounds = append(c.rounds, round{})
	}
	r := &c.rounds[len(c.rounds)-1]
	m, err := parseMessage(part.Data)
	if err != nil {
		return err
	}
	switch part.Name {
	case "request":
		r.request = m
		_, _, err = m.request()
	case "native":
		r.natives = append(r.natives, native{request: m})
		_, _, err = m.request()
	case "answer":
		return r.natives[len(r.natives)-1].answered(m)
	case "response":
		r.response = m
		_, err = m.status()
	}
	return err
}

// answered takes an answer, or one of the ways in which there is none.
func (n *native) answered(m message) (err error) {
	switch n.answer = m; m.first {
	case "! refused":
		n.delivery = transform.NotSent
	case "! timeout":
		n.delivery = transform.Late
	case "! lost":
		n.delivery = transform.Lost
	default:
		if _, err = m.status(); err != nil {
			err = fmt.Errorf("%w, or one of ! refused, ! timeout, ! lost", err)
		}
	}
	return err
}
