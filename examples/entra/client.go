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
// Entra uses.
type Client struct {
	BaseURL string // https://host/legacy/scim/v2, with or without a slash behind it
	Token   string // without "Bearer"
	Dialect Dialect
	HTTP    *http.Client // must be set; NewClient does
}

// NewClient takes what an administrator types into the portal: the Tenant URL,
// which may ask for a dialect in its query, and the Secret Token.
func NewClient(tenantURL, token string) *Client {
	base, query, _ := strings.Cut(tenantURL, "?")
	c := &Client{BaseURL: base, Token: token, HTTP: newHTTP()}
	if strings.Contains(query, flag) {
		c.Dialect = AadOptscim062020
	}
	return c
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

// Discover asks for a page of all users, as account discovery does: from the
// startIndex, which is 1 for the first.
func (c *Client) Discover(ctx context.Context, startIndex, count int) (Response, error) {
	return c.do(ctx, http.MethodGet, fmt.Sprintf("/Users?startIndex=%d&count=%d", startIndex, count), nil)
}

// Filter asks for the users whose attribute has this value.
func (c *Client) Filter(ctx context.Context, attribute, value string) (Response, error) {
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	return c.do(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(attribute+" eq "+quoted), nil)
}

// Get reads one user.
func (c *Client) Get(ctx context.Context, id string) (Response, error) {
	return c.do(ctx, http.MethodGet, userPath(id), nil)
}

// Create posts a user.
func (c *Client) Create(ctx context.Context, body []byte) (Response, error) {
	return c.do(ctx, http.MethodPost, "/Users", body)
}

// Patch changes a user.
func (c *Client) Patch(ctx context.Context, id string, body []byte) (Response, error) {
	return c.do(ctx, http.MethodPatch, userPath(id), body)
}

// Delete removes a user.
func (c *Client) Delete(ctx context.Context, id string) (Response, error) {
	return c.do(ctx, http.MethodDelete, userPath(id), nil)
}

func userPath(id string) string { return "/Users/" + url.PathEscape(id) }

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
