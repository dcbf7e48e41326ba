package gateway

import (
	"strconv"

	"scimshim/transform"
)

// write renders the reply.
func (x *exchange) write(reply transform.Reply) {
	response, body := &x.ctx.Response, reply.Body
	if reply.Error != nil {
		problem := *reply.Error
		problem.CorrelationID = x.facts.CorrelationID
		x.refusal = problem.Detail
		body = problem.Value()
		x.retryAfter(problem.RetryAfter)
	}
	response.SetStatusCode(reply.Status)
	response.Header.SetContentType("application/scim+json")
	if x.target.token { // RFC 6749 section 5.1
		response.Header.SetContentType("application/json")
		response.Header.Set("Cache-Control", "no-store")
		response.Header.Set("Pragma", "no-cache")
	}
	response.Header.Set("X-Correlation-Id", x.facts.CorrelationID)
	if reply.Version != "" {
		response.Header.Set("ETag", reply.Version)
	}
	if reply.Location != "" {
		response.Header.Set("Location", reply.Location)
	}
	if !body.IsAbsent() {
		response.SwapBody(body.AppendJSON(response.SwapBody(nil)[:0])) // what the last answer left is used again
	}
}

func (x *exchange) retryAfter(seconds int) {
	if seconds > 0 {
		x.ctx.Response.Header.Set("Retry-After", strconv.Itoa(seconds))
	}
}
