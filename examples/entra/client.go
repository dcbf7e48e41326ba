package entra

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client makes the single calls, in the encoding and with the headers that
// Entra uses. NewClient's are about users, those of its Groups about groups.
type Client struct {
	BaseURL string // https://host/legacy/scim/v2, with or without a slash behind it
	Token   string // without "Bearer"
	Dialect Dialect
	HTTP    *http.Client // must be set; NewClient does

	endpoint *endpoint
}

// NewClient takes what an administrator types into the portal: the Tenant URL,
// which may ask for a dialect in its query, and the Secret Token.
func NewClient(tenantURL, token string) *Client {
	base, query, _ := strings.Cut(tenantURL, "?")
	c := &Client{BaseURL: base, Token: token, HTTP: newHTTP(), endpoint: userEndpoint}
	if strings.Contains(query, flag) {
		c.Dialect = AadOptscim062020
	}
	return c
}

// Groups gives a client of the same target that calls /Groups where this one
// calls /Users. Its reads ask for groups without their members.
func (c *Client) Groups() *Client {
	groups := *c
	groups.endpoint = groupEndpoint
	return &groups
}

// newHTTP waits as long as .NET's client does unless told otherwise: Microsoft
// names no figure for Entra.
func newHTTP() *http.Client {
	return &http.Client{
		Timeout: 100 * time.Second,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			MaxIdleConnsPerHost: 64,
			DisableCompression:  true, // it would add a header that Entra does not send
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Response is what the endpoint answered.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Discover asks for a page of everybody, as account discovery does: from the
// startIndex, which is 1 for the first.
func (c *Client) Discover(ctx context.Context, startIndex, count int) (Response, error) {
	return c.do(ctx, http.MethodGet, fmt.Sprintf("%s?startIndex=%d&count=%d", c.endpoint.path, startIndex, count), nil)
}

// Filter asks for those whose attribute has this value.
func (c *Client) Filter(ctx context.Context, attribute, value string) (Response, error) {
	target := c.endpoint.path + "?"
	if c.endpoint.excluded != "" {
		target += "excludedAttributes=" + c.endpoint.excluded + "&"
	}
	return c.do(ctx, http.MethodGet, target+"filter="+url.QueryEscape(equals(attribute, value)), nil)
}

// Check asks whether the one with this id refers to another by an attribute. The
// answer is a list with its id, or an empty one. Entra writes the two conditions
// in either order.
func (c *Client) Check(ctx context.Context, id, attribute, value string, idLast bool) (Response, error) {
	first, last := equals("id", id), equals(attribute, value)
	if idLast {
		first, last = last, first
	}
	return c.do(ctx, http.MethodGet, c.endpoint.path+"?attributes=id&filter="+url.QueryEscape(first+" and "+last), nil)
}

func equals(attribute, value string) string {
	return attribute + ` eq "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// Get reads the one with this id.
func (c *Client) Get(ctx context.Context, id string) (Response, error) {
	target := c.one(id)
	if c.endpoint.excluded != "" {
		target += "?excludedAttributes=" + c.endpoint.excluded
	}
	return c.do(ctx, http.MethodGet, target, nil)
}

// Create posts a new one.
func (c *Client) Create(ctx context.Context, body []byte) (Response, error) {
	return c.do(ctx, http.MethodPost, c.endpoint.path, body)
}

// Patch changes the one with this id.
func (c *Client) Patch(ctx context.Context, id string, body []byte) (Response, error) {
	return c.do(ctx, http.MethodPatch, c.one(id), body)
}

// Delete removes the one with this id.
func (c *Client) Delete(ctx context.Context, id string) (Response, error) {
	return c.do(ctx, http.MethodDelete, c.one(id), nil)
}

func (c *Client) one(id string) string { return c.endpoint.path + "/" + url.PathEscape(id) }

func (c *Client) do(ctx context.Context, method, target string, body []byte) (Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.BaseURL, "/")+target, bytes.NewReader(body))
	if err != nil {
		return Response{}, err
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	// An empty value keeps net/http from sending a User-Agent: Entra has none.
	request.Header.Set("User-Agent", "")
	if body != nil {
		request.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	answer, err := c.HTTP.Do(request)
	if err != nil {
		return Response{}, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		return Response{}, fmt.Errorf("read the answer to %s: %w", method, err)
	}
	return Response{answer.StatusCode, answer.Header, read}, nil
}
