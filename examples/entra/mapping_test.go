package entra

import "testing"

func TestMappingErrors(t *testing.T) {
	tests := []struct {
		row  Attribute
		want string
	}{
		{Attribute{Source: "jobTitel", Target: "title", Matching: 1}, `mapping of "title": unknown source "jobTitel"`},
		{Attribute{Source: "mail", Target: `emails[type eq "work"]`, Matching: 1}, `unknown form of target attribute "emails[type eq \"work\"]"`},
		{Attribute{Source: "mail", Target: `emails[primary eq "True"].value`, Matching: 1}, `unknown form of target attribute "emails[primary eq \"True\"].value"`},
		{Attribute{Source: "mail", Target: "userName"}, "the mapping has no matching attribute"},
	}
	for _, test := range tests {
		_, err := NewService(NewClient("http://h", ""), Mapping{test.row}, 1)
		if err == nil || err.Error() != test.want {
			t.Errorf("%+v: got error %v, want %s", test.row, err, test.want)
		}
	}
}
