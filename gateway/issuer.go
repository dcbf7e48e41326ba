package gateway

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"scimshim/config"
)

// clockSkew is how far two clocks may be apart.
const clockSkew = 2 * time.Minute

// issuer verifies the tokens that Entra issues for a caller.
type issuer struct {
	*config.Entra
	keys      *keySet
	parser    *jwt.Parser
	validator *jwt.Validator
	now       func() time.Time
	named     bool // a token must say which application it was issued for
	proved    atomic.Pointer[proven]
}

// denial is why a token is not believed. The reason, which is answered, names no
// value of the token.
type denial struct {
	reached   int // how many questions the token answered well
	reason    string
	undecided bool // not a refusal: the keys could not be had

	// For the log: the claim that is wrong, and, of those that are the same for
	// all of a tenant's tokens, what it should be and what it is.
	claim, expected, given string
}

// questions are asked of a token in this order; an answer to a later one is
// better news about the set-up.
var questions = []struct {
	fault  error
	claim  string // "": none in particular
	reason string
}{
	{jwt.ErrTokenMalformed, "", "it is not a JWT"},
	{errAlgorithm, "", "it is not signed with RS256"},
	{jwt.ErrTokenInvalidIssuer, "iss", "it was issued by another tenant or authority"},
	{errTenant, "tid", "it is of another tenant"},
	{jwt.ErrTokenInvalidAudience, "aud", "it is for another audience"},
	{jwt.ErrTokenInvalidSubject, "sub", "it is about another subject"},
	{errUser, "", "it is that of a user, not of an application"},
	{errNameless, "appid", "it does not say which application it was issued for: appid or azp is needed"},
	{jwt.ErrTokenRequiredClaimMissing, "", "a claim is missing: iss, aud and exp are needed, and sub where the file has one"},
	{jwt.ErrTokenExpired, "exp", "it has expired"},
	{jwt.ErrTokenNotValidYet, "nbf", "it is not valid yet"},
	{errLife, "exp", "it is valid for longer than a day"},
	{jwt.ErrInvalidType, "", "a claim has another type than it should"},
	{errHeader, "", "its header asks for something that is not understood"},
	{errKey, "", "its key is not one of the authority's"},
	{jwt.ErrTokenSignatureInvalid, "", "its signature is wrong"},
}

var (
	errAlgorithm = errors.New("algorithm")
	errTenant    = errors.New("tenant")
	errUser      = errors.New("user")
	errNameless  = errors.New("nameless")
	errLife      = errors.New("life")
	errHeader    = errors.New("header")
	errKey       = errors.New("key")
	errNoKeys    = errors.New("no keys")
)

func (g *Gateway) newIssuer(e *config.Entra) *issuer {
	options := []jwt.ParserOption{jwt.WithIssuer(e.Issuer), jwt.WithAudience(e.Audiences...), jwt.WithExpirationRequired(),
		jwt.WithLeeway(clockSkew), jwt.WithTimeFunc(g.options.Now)}
	if e.Subject != "" {
		options = append(options, jwt.WithSubject(e.Subject))
	}
	return &issuer{Entra: e, keys: g.keySet(e.Keys), now: g.options.Now, validator: jwt.NewValidator(options...),
		parser: jwt.NewParser(jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())}
}

// proven is the last token that was found good. Entra sends the same one for
// hours; remembered, it costs 3 us instead of 44 in BenchmarkAuthenticate.
type proven struct {
	sum     [sha256.Size]byte
	subject string
	kid     string
	key     *rsa.PublicKey
	until   time.Time
}

// bearer gives the subject of a token that comes with a request. sum is the
// token's SHA-256.
func (i *issuer) bearer(token string, sum [sha256.Size]byte) (subject string, why *denial) {
	if p := i.proved.Load(); p != nil && subtle.ConstantTimeCompare(sum[:], p.sum[:]) == 1 && i.now().Before(p.until) {
		if key, _ := i.keys.key(p.kid); key == p.key { // it may have been withdrawn
			return p.subject, nil
		}
	}
	p, why := i.verify(token, 0)
	if why != nil {
		return "", why
	}
	p.sum = sum
	i.proved.Store(p)
	return p.subject, nil
}

// verify proves a token. What it claims is looked at before, so that other
// people's tokens fetch no keys. The life that is left to it is bounded where
// most is not 0.
func (i *issuer) verify(token string, most time.Duration) (*proven, *denial) {
	claims, p := jwt.MapClaims{}, &proven{}
	_, err := i.parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		if err := i.question(t, claims, most); err != nil {
			return nil, err
		}
		err := i.find(t, p)
		return p.key, err
	})
	if err != nil {
		return nil, i.explained(denied(err), claims)
	}
	p.subject, _ = claims["sub"].(string)
	expiry, _ := claims.GetExpirationTime() // which question has seen
	p.until = expiry.Add(clockSkew)
	return p, nil
}

// question asks a token, which is not proved yet, all but for its signature.
func (i *issuer) question(t *jwt.Token, claims jwt.MapClaims, most time.Duration) error {
	if t.Method.Alg() != jwt.SigningMethodRS256.Alg() {
		return errAlgorithm
	}
	if err := i.validator.Validate(claims); err != nil {
		return err
	}
	if tenant, _ := claims["tid"].(string); !strings.EqualFold(tenant, i.Tenant) {
		return errTenant
	}
	switch {
	case ofUser(claims):
		return errUser
	case i.named && claims["appid"] == nil && claims["azp"] == nil:
		return errNameless
	}
	if expiry, err := claims.GetExpirationTime(); most != 0 && (err != nil || expiry.Sub(i.now()) > most+clockSkew) {
		return errLife
	}
	if _, critical := t.Header["crit"]; critical {
		return errHeader // RFC 7515 section 4.1.11
	}
	return nil
}

// ofUser reports whether a token is one that a person gets, by logging in or
// through an application: an ID token has the audience that the application's
// own tokens have, and the same keys prove it.
func ofUser(claims jwt.MapClaims) bool {
	for _, name := range []string{"scp", "upn", "unique_name", "preferred_username", "nonce"} {
		if _, has := claims[name]; has {
			return true
		}
	}
	kind, has := claims["idtyp"]
	return has && kind != "app"
}

// find gives the key that a token names.
func (i *issuer) find(t *jwt.Token, p *proven) error {
	p.kid, _ = t.Header["kid"].(string)
	if p.kid == "" {
		return errKey
	}
	decided := false
	p.key, decided = i.keys.key(p.kid)
	switch {
	case !decided:
		return errNoKeys
	case p.key == nil:
		return errKey
	}
	return nil
}

// denied says in words of ours what is wrong.
func denied(err error) *denial {
	if errors.Is(err, errNoKeys) {
		return &denial{reached: len(questions), reason: "the keys that prove a token of Entra cannot be had at present", undecided: true}
	}
	for n, q := range questions {
		if errors.Is(err, q.fault) {
			return &denial{reached: n, reason: q.reason, claim: q.claim}
		}
	}
	return &denial{reached: 1, reason: questions[1].reason} // an algorithm that nobody knows
}

// explained completes a denial for the log. Issuer, tenant and audience are no
// secrets, and who sets Entra up must see how they differ; a caller whom nobody
// knows does not fill the log with them.
func (i *issuer) explained(d *denial, claims jwt.MapClaims) *denial {
	const most = 200
	switch d.claim {
	case "iss":
		d.expected = i.Issuer
	case "tid":
		d.expected = i.Tenant
	case "aud":
		d.expected = strings.Join(i.Audiences, ", ")
	default:
		return d
	}
	d.given = "none"
	if given := claims[d.claim]; given != nil {
		d.given = fmt.Sprint(given)
	}
	d.given = d.given[:min(len(d.given), most)]
	return d
}
