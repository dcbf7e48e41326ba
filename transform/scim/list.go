package scim

const listURN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// List is the answer to a query (RFC 7644 section 3.4.2).
type List struct {
	Total        int // of all pages
	StartIndex   int // 1-based; 0 where a cursor tells the pages
	ItemsPerPage int
	NextCursor   string // of the next page (RFC 9865 section 2); "": there is none
	Resources    []Value
}

// Value is the answer's body. Resources is there even when it is empty, with a
// capital R: Entra reads an answer without it as broken.
func (l List) Value() Value {
	members := make([]Member, 0, 6)
	members = append(members, Member{"schemas", ListOf(String(listURN))}, Member{"totalResults", Int(int64(l.Total))})
	if l.StartIndex > 0 {
		members = append(members, Member{"startIndex", Int(int64(l.StartIndex))})
	}
	members = append(members, Member{"itemsPerPage", Int(int64(l.ItemsPerPage))})
	if l.NextCursor != "" {
		members = append(members, Member{"nextCursor", String(l.NextCursor)})
	}
	return Object(append(members, Member{"Resources", ListOf(l.Resources...)})...)
}

// JSON is the answer's body as text.
func (l List) JSON() string { return l.Value().JSON() }
