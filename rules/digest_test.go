package rules

import (
	"strings"
	"testing"
)

// The values are those of RFC 1321, FIPS 180, RFC 4231 (case 2), RFC 6070 and RFC 7914.
func TestDigests(t *testing.T) {
	evaluates(t, []evaluation{
		{`hex(hash("md5", "abc"))`, "900150983cd24fb0d6963f7d28e17f72"},
		{`hex(hash("sha1", "abc"))`, "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{`hex(hash("sha256", "abc"))`, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{`left(hex(hash("sha384", "abc")), 16)`, "cb00753f45a35e8b"},
		{`left(hex(hash("sha512", "abc")), 16)`, "ddaf35a193617aba"},
		{`base64(hash("sha1", "abc"))`, "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
		{`hex(hmac("sha256", "Jefe", "what do ya want for nothing?"))`, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{`hex(hmac("sha256", unhex("4a656665"), unbase64("d2hhdCBkbyB5YSB3YW50IGZvciBub3RoaW5nPw")))`, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{`hex(pbkdf2("sha1", "password", "salt", 4096, 20))`, "4b007901b765489abead49d926f721d065a429c1"},
		{`hex(pbkdf2("sha256", "passwd", unhex("73616c74"), 1, 64))`,
			"55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
		{`hex("äb")`, "c3a462"},
		{`base64("ab?>")`, "YWI/Pg=="},
		{`base64(unbase64("YWI_Pg=="))`, "YWI/Pg=="},
		{`hex(unhex("00FF"))`, "00ff"},
		{`hex(title)`, nil},
		{`hex(hmac("sha256", title, "x"))`, nil},
		{`hex(IIF(active, unhex("61"), "b"))`, "61"},
	})
	faults(t, []faulty{
		{`hex(hash(userName, "x"))`, `hash knows the algorithms md5, sha1, sha256, sha384 and sha512`},
		{`hex(hmac(userName, "x", "y"))`, `hmac knows the algorithms md5, sha1, sha256, sha384 and sha512`},
		{`hex(pbkdf2(userName, "x", "y", 1, 1))`, `pbkdf2 knows the algorithms md5, sha1, sha256, sha384 and sha512`},
		{`hex(hmac("sha1", value, "y"))`, `hmac needs a string or bytes, not an object`},
		{`hex(hash("sha1", native.id))`, `hash needs a string or bytes, not a number`},
		{`hex(pbkdf2("sha1", "x", native.groups, 1, 1))`, `pbkdf2 needs a string or bytes, not a list`},
		{`hex(native.groups)`, `hex needs a string or bytes, not a list`},
		{`base64(native.id)`, `base64 needs a string or bytes, not a number`},
		{`hex(unhex(userName))`, `unhex: the text is not hexadecimal`},
		{`hex(unbase64("a!"))`, `unbase64: the text is not Base64`},
		{`hex(pbkdf2("sha1", "x", "y", native.id, 1))`, `pbkdf2 takes 1 to 1000000 iterations`},
		{`hex(pbkdf2("sha1", "x", "y", 0, 1))`, `pbkdf2 takes 1 to 1000000 iterations`},
		{`hex(pbkdf2("sha1", "x", "y", native.rate, 1))`, `pbkdf2 takes 1 to 1000000 iterations`},
		{`hex(pbkdf2("sha1", "x", "y", 1, 65))`, `pbkdf2 makes 1 to 64 bytes`},
		{`map(native.groups, hex(pbkdf2("sha1", "x", "y", 1, 1)))`, `pbkdf2 cannot stand in a loop`},
		{`IIF(active, unhex("61"), "b")`, `gives bytes: hex(...) or base64(...) makes a text of them`},
		{`lower(IIF(active, unhex("61"), "b"))`, `lower needs a string, not bytes`},
	})
}

func TestDigestsAtLoad(t *testing.T) {
	for _, tt := range []struct {
		expression string
		want       Type
		fail       string
	}{
		{`unhex("61")`, anyType, `gives bytes: hex(...) or base64(...) makes a text of them [wrong-type]`},
		{`hash("md5", "x")`, textType, `gives bytes, a string is needed [wrong-type]`},
		{`lower(unhex("61"))`, anyType, `lower needs a string, not bytes [wrong-type]`},
		{`hex(hash("sha-256", "x"))`, anyType, `hash knows the algorithms md5, sha1, sha256, sha384 and sha512 [wrong-type]`},
		{`hex(age)`, anyType, `hex needs a string or bytes, not a number [wrong-type]`},
		{`hex(hmac("sha1", "k", active))`, anyType, `hmac needs a string or bytes, not a boolean [wrong-type]`},
	} {
		_, fail := Compile(tt.expression, testScope(), tt.want)
		if fail == nil || fail.Error() != tt.fail {
			t.Errorf("%s: %v, want %s", tt.expression, fail, tt.fail)
		}
	}
}

// What fills a quoted text is part of no source and of no message.
func TestFilled(t *testing.T) {
	fill := func(text string) string {
		if text == "${env:X}" {
			return "canary"
		}
		return text
	}
	e, fail := CompileFilled(`userName + "${env:X}" + "b"`, testScope(), textType, fill)
	if fail != nil {
		t.Fatal(fail)
	}
	got, err := e.Eval(map[string]any{"userName": "a"})
	if got != "acanaryb" || err != nil || e.Source() != `userName + "${env:X}" + "b"` {
		t.Errorf("%v, %v, %s", got, err, e.Source())
	}
	e, fail = CompileFilled(`number("${env:X}")`, testScope(), numberType, fill)
	if fail != nil {
		t.Fatal(fail)
	}
	if _, err := e.Eval(nil); err == nil || err.Error() != "number: the text is not a number" {
		t.Error(err)
	}
}

// Nor does a function quote it that wants another text there.
func TestFilledIsNotQuoted(t *testing.T) {
	fill := func(text string) string { return strings.ReplaceAll(text, "${env:X}", "canary") }
	for source, want := range map[string]string{
		`date("x", "${env:X}", "iso")`: `date: from and to must be written out, as in date(value, "iso", "yyyy-MM-dd") [wrong-type]`,
		`hash("${env:X}", "a")`:        `hash knows the algorithms md5, sha1, sha256, sha384 and sha512 [wrong-type]`,
		`left("a", "${env:X}")`:        `left needs a number, not a string [wrong-type]`,
	} {
		_, fail := CompileFilled(source, testScope(), anyType, fill)
		if fail == nil || fail.Error() != want {
			t.Errorf("%s: %v, want %s", source, fail, want)
		}
	}
	const classes = "a for small letters, A for capitals, 0 for digits, ! for special characters"
	e, fail := CompileFilled(`password(9, "${env:X}")`, NewScope("fixed").Entropy(), anyType, fill)
	if fail != nil {
		t.Fatal(fail)
	}
	if _, err := e.Eval(map[string]any{entropyName: "e"}); err == nil || err.Error() != "password: its second argument is not made of "+classes {
		t.Error(err)
	}
}
