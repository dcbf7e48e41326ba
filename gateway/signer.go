package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"scimshim/config"
)

// A token of ours is its expiry and a MAC over that and what it is bound to: no
// list of tokens is kept, and a restart ends none.
const (
	tokenPrefix = "scimshim."
	tokenLife   = time.Hour
	tokenGrace  = 5 * time.Minute // a token that was told to live for an hour is not refused to the second
	tokenSize   = 8 + sha256.Size
)

// signer makes and recognizes tokens of ours.
type signer struct{ key []byte }

// ownToken is what a bearer token says if it is of ours.
type ownToken struct {
	ours   bool
	expiry [8]byte // seconds of Unix time, big endian
	mac    [sha256.Size]byte
}

// binding is what a token of ours belongs to. When the client's entry in the
// file changes, as for a new secret, its tokens end at once.
func binding(vendor string, c *config.Client) []byte {
	text := fmt.Sprintf("%q %q %x", vendor, c.ID, c.Secret)
	if a := c.Assertion; a != nil {
		text += fmt.Sprintf(" %q %q %q", a.Issuer, a.Audiences, a.Subject)
	}
	return []byte(text)
}

// issue makes a token.
func (s *signer) issue(binding []byte, now time.Time) string {
	var t ownToken
	binary.BigEndian.PutUint64(t.expiry[:], uint64(now.Add(tokenLife+tokenGrace).Unix()))
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(append(t.expiry[:], s.mac(t.expiry, binding)...))
}

func (s *signer) mac(expiry [8]byte, binding []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("access token\n"))
	h.Write(expiry[:])
	h.Write(binding)
	return h.Sum(nil)
}

// read takes a token of ours apart.
func (s *signer) read(token string) (t ownToken) {
	text, ours := strings.CutPrefix(token, tokenPrefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ours || err != nil || len(raw) != tokenSize {
		return t
	}
	t.ours = true
	copy(t.expiry[:], raw)
	copy(t.mac[:], raw[len(t.expiry):])
	return t
}

// good reports whether a token belongs to this, and has not expired.
func (s *signer) good(t ownToken, binding []byte, now time.Time) bool {
	if !t.ours {
		return false
	}
	genuine := hmac.Equal(t.mac[:], s.mac(t.expiry, binding))
	return genuine && uint64(now.Unix()) < binary.BigEndian.Uint64(t.expiry[:])
}
