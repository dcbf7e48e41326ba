package transform

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"scimshim/transform/scim"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>`

func TestWriteXML(t *testing.T) {
	for _, test := range []struct{ tree, want string }{
		{`{"user":{"name":"Ann <& \"Co\">","age":7,"on":true,"gone":null,"none":""}}`,
			`<user><name>Ann &lt;&amp; &#34;Co&#34;&gt;</name><age>7</age><on>true</on><gone/><none/></user>`},
		{`{"user":{"mail":["a","b",null]}}`, `<user><mail>a</mail><mail>b</mail><mail/></user>`},
		{`{"user":{"mail":[]}}`, `<user/>`},
		{`{"user":{"name":"x","@id":7,"@kind":null}}`, `<user id="7" kind=""><name>x</name></user>`},
		{`{"user":{"@lang":"a\"<\n","#text":"b"}}`, `<user lang="a&#34;&lt;&#xA;">b</user>`},
		{`{"soap:Envelope":{"@xmlns:soap":"urn:s","soap:Body":{"m:Get":{"@xmlns:m":"urn:m","id":"7"}}}}`,
			`<soap:Envelope xmlns:soap="urn:s"><soap:Body><m:Get xmlns:m="urn:m"><id>7</id></m:Get></soap:Body></soap:Envelope>`},
		{`{"straße":"\u0000]]>"}`, `<straße>` + "\uFFFD" + `]]&gt;</straße>`},
		{`{"a":1,"b":2}`, `XML needs one root element: the body must be an object with one member`},
		{`{"a":[1,2]}`, `XML needs one root element: the body must be an object with one member`},
		{`{"@a":1}`, `XML needs one root element: the body must be an object with one member`},
		{`["a"]`, `XML needs one root element: the body must be an object with one member`},
		{`{"a":{"b><c":1}}`, `"b><c" cannot be a name in XML`},
		{`{"a":{"@b=\"\" c":1}}`, `"b=\"\" c" cannot be a name in XML`},
		{`{"a":{"1":1}}`, `"1" cannot be a name in XML`},
		{`{"a":{"":1}}`, `"" cannot be a name in XML`},
		{`{"a":{"b:c:d":1}}`, `"b:c:d" cannot be a name in XML`},
		{`{"a":{"b":[[1]]}}`, `"b": a list inside a list has no form in XML`},
		{`{"a":{"@b":[1]}}`, `the attribute "@b" cannot be a list in XML`},
		{`{"a":{"#text":{"b":1}}}`, `"#text" cannot be an object in XML`},
	} {
		got, err := AsXML.write(parsed(t, test.tree))
		text := strings.TrimPrefix(string(got), xmlHead)
		if err != nil {
			text = err.Error()
		}
		if text != test.want {
			t.Errorf("%s: %s, want %s", test.tree, text, test.want)
		}
	}
}

func utf16Of(order binary.AppendByteOrder, text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

func TestParseXML(t *testing.T) {
	deep := strings.Repeat("<a>", 64) + strings.Repeat("</a>", 64)
	for _, test := range []struct{ document, want string }{
		{xmlHead + "\n<!-- c --><users>\n  <user id='7'><name>Ann &amp; &#x42;</name><on/></user>\n</users>\n", `{"users":{"user":{"@id":"7","name":"Ann & B","on":""}}}`},
		{`<u><m>a</m><n>x</n><m>b</m><m/></u>`, `{"u":{"m":["a","b",""],"n":"x"}}`},
		{`<u><p n="a">1</p>t</u>`, `{"u":{"p":{"@n":"a","#text":"1"},"#text":"t"}}`},
		{`<s:E xmlns:s="urn:s" xmlns="urn:d"><s:B><r v="1" s:v="2" s:w="3">x</r></s:B></s:E>`, `{"E":{"B":{"r":{"@v":"1","@w":"3","#text":"x"}}}}`},
		{`<u xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><n xsi:type="xsd:string">Ann</n><t xsi:nil="true"/></u>`, `{"u":{"n":"Ann","t":null}}`},
		{`<u><![CDATA[<b>&amp;]]></u>`, `{"u":"<b>&amp;"}`},
		{"<u>a\r\nb </u>", `{"u":"a\nb "}`},
		{"\uFEFF<u>ü</u>", `{"u":"ü"}`},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><u>\xfc</u>", `{"u":"ü"}`},
		{"\xFF\xFE" + utf16Of(binary.LittleEndian, `<?xml version="1.0" encoding="utf-16"?><u>ü€</u>`), `{"u":"ü€"}`},
		{"\xFE\xFF" + utf16Of(binary.BigEndian, `<u>ü</u>`), `{"u":"ü"}`},
		{utf16Of(binary.LittleEndian, `<u>ü</u>`), `{"u":"ü"}`},
		{`<?xml version="1.0" encoding="utf-16"?><u>ü</u>`, `{"u":"ü"}`},
		{deep, strings.Repeat(`{"a":`, 64) + `""` + strings.Repeat(`}`, 64)},

		{`<?xml version="1.0" encoding="windows-1251"?><u/>`, `is XML in another encoding than UTF-8, UTF-16 and ISO-8859-1`},
		{`<!DOCTYPE u [<!ENTITY a "b">]><u>&a;</u>`, `is XML with a document type declaration, which is refused`},
		{`<u><!DOCTYPE u></u>`, `is XML with a document type declaration, which is refused`},
		{`<u>&a;</u>`, `is not valid XML`},
		{`<a>` + deep + `</a>`, `is XML with more than 64 levels or 1048576 elements`},
		{`<u>` + strings.Repeat("<a/>", 1<<20) + `</u>`, `is XML with more than 64 levels or 1048576 elements`},
		{`<a/><b/>`, `is not valid XML`},
		{`<a/>x`, `is not valid XML`},
		{`<a><b></a>`, `is not valid XML`},
		{`<a>`, `is not valid XML`},
		{``, `is not valid XML`},
		{`{"a":1}`, `is not valid XML`},
		{"<u>\xff</u>", `is not valid XML`},
	} {
		v, err := AsXML.read([]byte(test.document))
		got := v.JSON()
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%.200s: %.200s, want %.200s", test.document, got, test.want)
		}
	}
}

// element draws what an element may hold: as it reads back, so that a list has two
// items and nothing is an object without members.
func element(t *rapid.T, depth int) scim.Value {
	text := rapid.Custom(func(t *rapid.T) scim.Value {
		return scim.String(rapid.StringMatching(`([!-~äö€]([ -~\n\t\r<&>]*[!-~])?)?`).Draw(t, "text"))
	})
	if depth == 0 || rapid.Bool().Draw(t, "is text") {
		return text.Draw(t, "element")
	}
	var members []scim.Member
	for i := range rapid.IntRange(0, 2).Draw(t, "attributes") {
		members = append(members, scim.Member{Name: fmt.Sprint("@a", i), Value: scim.String(rapid.StringMatching(`[ -~\n]*`).Draw(t, "attribute"))})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "children") {
		v := element(t, depth-1)
		if rapid.Bool().Draw(t, "repeated") {
			v = scim.ListOf(v, element(t, depth-1))
		}
		members = append(members, scim.Member{Name: fmt.Sprint("c", i), Value: v})
	}
	if v := text.Draw(t, "beside"); len(members) > 0 && v.Text() != "" {
		members = append(members, scim.Member{Name: "#text", Value: v})
	}
	if len(members) == 0 {
		return scim.String("")
	}
	return scim.Object(members...)
}

// What is written is read back as it was.
func TestXMLThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := scim.Object(scim.Member{Name: "root", Value: element(t, 4)})
		body, err := AsXML.write(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := AsXML.read(body)
		if err != nil || got.JSON() != want.JSON() {
			t.Fatalf("%s\n reads %s, %v\n want  %s", body, got.JSON(), err, want.JSON())
		}
	})
}

// FuzzXML: no answer makes the reader panic, or gives more than the bounds allow,
// and what it reads can be written and reads the same again.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{`<a b="c">d<e/><e>f</e></a>`, `<!DOCTYPE a><a/>`, `<a xmlns:x="y" x:z="1"/>`, "\xFF\xFE<\x00a\x00/\x00>\x00", `<?xml version="1.0" encoding="latin1"?><a>` + "\xe4</a>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		v, err := AsXML.read(document)
		if err != nil {
			return
		}
		if depth := depthOf(v); depth > 2*deepest+1 {
			t.Fatalf("depth %d", depth)
		}
		body, err := AsXML.write(v)
		if err != nil {
			return // a name that only the reader takes
		}
		if again, err := AsXML.read(body); err != nil || !alike(again).Equal(alike(v)) {
			t.Fatalf("%s reads %s, %v; was %s", body, again.JSON(), err, v.JSON())
		}
	})
}

func depthOf(v scim.Value) (depth int) {
	for _, item := range v.Items() {
		depth = max(depth, depthOf(item))
	}
	for _, m := range v.Members() {
		depth = max(depth, depthOf(m.Value))
	}
	return depth + 1
}

// An element may have as many attributes as a document may have. Were each looked for
// among all of them, this would not end before the tests do.
func TestManyAttributes(t *testing.T) {
	var b strings.Builder
	b.WriteString("<u")
	for i := range mostOf - 1 {
		fmt.Fprintf(&b, " a%d=''", i)
	}
	b.WriteString("/>")
	v, err := parseXML([]byte(b.String()))
	if n := len(v.Member("u").Members()); err != nil || n != mostOf-1 {
		t.Errorf("%d attributes, %v", n, err)
	}
}
