package gateway

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scimshim/config"
	"scimshim/transform"
)

// The requests and signatures are those of AWS's test suite for Signature Version 4,
// and of the example of IAM in its documentation.
func TestSignature(t *testing.T) {
	aws := config.AWS{AccessKey: "AKIDEXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Region: "us-east-1", Service: "service"}
	iam := aws
	iam.Service = "iam"
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	form := []transform.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded; charset=utf-8"}}
	for _, test := range []struct {
		name, host, scope, signed, signature string
		aws                                  config.AWS
		request                              transform.NativeRequest
	}{
		{"get-vanilla", "example.amazonaws.com", "service", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
			aws, transform.NativeRequest{Method: "GET", Path: "/"}},
		{"post-vanilla", "example.amazonaws.com", "service", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
			aws, transform.NativeRequest{Method: "POST", Path: "/"}},
		{"get-vanilla-query-order-key-case", "example.amazonaws.com", "service", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
			aws, transform.NativeRequest{Method: "GET", Path: "/?Param2=value2&Param1=value1"}},
		{"iam", "iam.amazonaws.com", "iam", "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
			iam, transform.NativeRequest{Method: "GET", Path: "/?Action=ListUsers&Version=2010-05-08", Headers: form}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := withSignature(&test.aws, test.host, "", test.request, at)
			want := append(append([]transform.Header(nil), test.request.Headers...), transform.Header{Name: "X-Amz-Date", Value: "20150830T123600Z"},
				transform.Header{Name: "Authorization", Value: "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" + test.scope +
					"/aws4_request, SignedHeaders=" + test.signed + ", Signature=" + test.signature})
			if diff := cmp.Diff(want, got.Headers); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A path is encoded twice, a query once, and the token of a session is signed too.
func TestCanonicalForm(t *testing.T) {
	for path, want := range map[string]string{"": "/", "/users/a%20b": "/users/a%2520b", "/a~b/c": "/a~b/c"} {
		if got := canonicalPath(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	if got, want := canonicalQuery("b=2&a=x+y&a=%2F&c"), "a=%2F&a=x%20y&b=2&c="; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	names, lines := signedHeaders("h", []transform.Header{{Name: "X-Amz-Security-Token", Value: " t  u "}, {Name: "Accept", Value: "x"}})
	if names != "host;x-amz-security-token" || lines != "host:h\nx-amz-security-token:t u\n" {
		t.Errorf("%q %q", names, lines)
	}
}
