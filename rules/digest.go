package rules

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// octets are bytes that need not be a text: a digest, a key, what hex or Base64
// stood for. Only hex and base64 make a text of them, so that none gets into a
// request by accident.
type octets string

// Vendors say how many iterations a password takes; a million take half a second.
const (
	maxIterations = 1_000_000
	maxKey        = 64 // bytes
)

// digests are what vendors sign and hash with, the weak ones among them too:
// which one it is to be is the vendor's to say.
var digests = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

const digestNames = "md5, sha1, sha256, sha384 and sha512"

// digestFunctions are the functions that sign, hash and encode.
func digestFunctions() []function {
	return []function{
		{usage: "hash(algorithm, value)", about: "the digest of a text or of bytes, as bytes",
			args: []Type{textType, anyType}, out: bytesType, check: checkDigest, call: digest},
		{usage: "hmac(algorithm, key, value)", about: "the signature of a text or of bytes under a key (RFC 2104), as bytes",
			args: []Type{textType, anyType, anyType}, out: bytesType, check: checkDigest, call: sign},
		{usage: "pbkdf2(algorithm, password, salt, iterations, length)", about: "the key that a password makes (RFC 8018), as so many bytes",
			args: []Type{textType, anyType, anyType, numberType, numberType},
			out:  bytesType, check: checkDigest, call: derive},
		{usage: "hex(value)", about: "a text or bytes in hexadecimal, in small letters",
			args: []Type{anyType}, out: textType, check: checkOctets, call: toHex},
		{usage: "unhex(text)", about: "the bytes that hexadecimal digits stand for",
			args: []Type{textType}, out: bytesType, call: fromHex},
		{usage: "base64(value)", about: "a text or bytes in Base64",
			args: []Type{anyType}, out: textType, check: checkOctets, call: toBase64},
		{usage: "unbase64(text)", about: "the bytes that Base64 stands for, in either alphabet, padded or not",
			args: []Type{textType}, out: bytesType, call: fromBase64},
	}
}

// checkOctets wants texts or bytes wherever any type is declared.
func checkOctets(f *function, arguments []typed) string {
	for i, a := range arguments {
		if f.arg(i) == anyType && !fits(a.kind, textType) && a.kind != bytesType {
			return f.name + " needs a string or bytes, not " + a.kind.noun()
		}
	}
	return ""
}

func checkDigest(f *function, arguments []typed) string {
	if name, ok := arguments[0].Node.(*ast.StringNode); ok && digests[name.Value] == nil {
		return unknownDigest(f.name)
	}
	return checkOctets(f, arguments)
}

func unknownDigest(function string) string { return function + " knows the algorithms " + digestNames }

func algorithm(function string, arg any) (func() hash.Hash, error) {
	h := digests[arg.(string)]
	if h == nil {
		return nil, faultf("%s", unknownDigest(function))
	}
	return h, nil
}

// bytesOf gives the bytes of texts and bytes.
func bytesOf(function string, args ...any) (out [][]byte, err error) {
	for _, arg := range args {
		switch v := arg.(type) {
		case string:
			out = append(out, []byte(v))
		case octets:
			out = append(out, []byte(v))
		default:
			return nil, faultf("%s needs a string or bytes, not %s", function, kindOf(arg).noun())
		}
	}
	return out, nil
}

func digest(_ bounds, args []any) (any, error) {
	h, err := algorithm("hash", args[0])
	if err != nil {
		return nil, err
	}
	in, err := bytesOf("hash", args[1])
	if err != nil {
		return nil, err
	}
	sum := h()
	sum.Write(in[0])
	return octets(sum.Sum(nil)), nil
}

func sign(_ bounds, args []any) (any, error) {
	h, err := algorithm("hmac", args[0])
	if err != nil {
		return nil, err
	}
	in, err := bytesOf("hmac", args[1], args[2])
	if err != nil {
		return nil, err
	}
	mac := hmac.New(h, in[0])
	mac.Write(in[1])
	return octets(mac.Sum(nil)), nil
}

func derive(b bounds, args []any) (any, error) {
	h, err := algorithm("pbkdf2", args[0])
	if err != nil {
		return nil, err
	}
	in, err := bytesOf("pbkdf2", args[1], args[2])
	if err != nil {
		return nil, err
	}
	iterations, length := float(args[3]), float(args[4])
	switch {
	case b.iterations == 0:
		return nil, faultf("pbkdf2 cannot stand in a loop")
	case !whole(iterations, b.iterations):
		return nil, faultf("pbkdf2 takes 1 to %d iterations", b.iterations)
	case !whole(length, maxKey):
		return nil, faultf("pbkdf2 makes 1 to %d bytes", maxKey)
	}
	key, err := pbkdf2.Key(h, string(in[0]), in[1], int(iterations), int(length))
	if err != nil {
		return nil, faultf("pbkdf2 cannot make the key")
	}
	return octets(key), nil
}

// whole reports whether a number is one of 1, 2, and so on.
func whole(f float64, most int) bool { return f >= 1 && f <= float64(most) && f == float64(int(f)) }

func toHex(_ bounds, args []any) (any, error) {
	in, err := bytesOf("hex", args[0])
	if err != nil {
		return nil, err
	}
	return hex.EncodeToString(in[0]), nil
}

func fromHex(_ bounds, args []any) (any, error) {
	out, err := hex.DecodeString(args[0].(string))
	if err != nil {
		return nil, faultf("unhex: the text is not hexadecimal")
	}
	return octets(out), nil
}

func toBase64(_ bounds, args []any) (any, error) {
	in, err := bytesOf("base64", args[0])
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.EncodeToString(in[0]), nil
}

func fromBase64(_ bounds, args []any) (any, error) {
	text := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(args[0].(string), "="))
	out, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, faultf("unbase64: the text is not Base64")
	}
	return octets(out), nil
}

// bareBytes are no result of an expression.
const bareBytes = "gives bytes: hex(...) or base64(...) makes a text of them"
