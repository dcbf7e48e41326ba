package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"scimshim/config"
	"scimshim/transform"
)

const (
	awsAlgorithm = "AWS4-HMAC-SHA256"
	awsTime      = "20060102T150405Z"
)

// withSignature adds the headers of AWS Signature Version 4 to a request whose path is
// complete. Signed are the host, the content type and all headers of AWS's own: what
// else is sent may be changed on its way.
func withSignature(aws *config.AWS, host, base string, r transform.NativeRequest, now time.Time) transform.NativeRequest {
	at := now.UTC().Format(awsTime)
	r.Headers = append(slices.Clone(r.Headers), transform.Header{Name: "X-Amz-Date", Value: at})
	if aws.SessionToken != "" {
		r.Headers = append(r.Headers, transform.Header{Name: "X-Amz-Security-Token", Value: aws.SessionToken})
	}
	names, headers := signedHeaders(host, r.Headers)
	path, query, _ := strings.Cut(base+r.Path, "?")
	canonical := strings.Join([]string{r.Method, canonicalPath(path), canonicalQuery(query), headers, names, digest(r.Body)}, "\n")
	scope := strings.Join([]string{at[:8], aws.Region, aws.Service, "aws4_request"}, "/")
	key := []byte("AWS4" + aws.SecretKey)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	signature := hex.EncodeToString(mac(key, strings.Join([]string{awsAlgorithm, at, scope, digest([]byte(canonical))}, "\n")))
	r.Headers = append(r.Headers, transform.Header{Name: "Authorization",
		Value: awsAlgorithm + " Credential=" + aws.AccessKey + "/" + scope + ", SignedHeaders=" + names + ", Signature=" + signature})
	return r
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// signedHeaders gives the names, and the lines of which the last ends with a break.
func signedHeaders(host string, all []transform.Header) (names, lines string) {
	values := map[string]string{"host": host}
	for _, h := range all {
		name := strings.ToLower(h.Name)
		if name == "content-type" || strings.HasPrefix(name, "x-amz-") {
			values[name] = strings.Join(strings.Fields(h.Value), " ")
		}
	}
	var sorted []string
	for name := range values {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	for _, name := range sorted {
		lines += name + ":" + values[name] + "\n"
	}
	return strings.Join(sorted, ";"), lines
}

// canonicalPath encodes each segment of a path once more, as every service but S3
// does.
func canonicalPath(path string) string {
	if path == "" {
		return "/"
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = transform.EscapeSegment(segment)
	}
	return strings.Join(segments, "/")
}

// canonicalQuery sorts the encoded pairs. Names and values are encoded anew, so that
// it is of no interest how.
func canonicalQuery(query string) string {
	if query == "" {
		return ""
	}
	var pairs [][2]string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, [2]string{transform.EscapeSegment(unescape(name)), transform.EscapeSegment(unescape(value))})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1])
	})
	parts := make([]string, len(pairs))
	for i, pair := range pairs {
		parts[i] = pair[0] + "=" + pair[1]
	}
	return strings.Join(parts, "&")
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
