package transform

import "scimshim/transform/scim"

// ReadMapping maps the bytes of a native answer to those of the SCIM resource.
func ReadMapping(k *Kind, facts Facts, native []byte) ([]byte, error) {
	v, err := scim.ParseJSON(native, scim.Limits{Depth: 64})
	p := &Plan{kind: k, facts: facts}
	resource, _ := p.present(nil, k.ID.Native.Get(v).Text(), v, scim.Value{})
	return resource.AppendJSON(nil), err
}

// WriteMapping maps the bytes of a POST to those of the body of the create call.
func WriteMapping(k *Kind, up *Upstream, body []byte) ([]byte, *scim.Error) {
	request, problem := Decode(k, "POST", k.Type.Endpoint, "", body)
	if problem != nil {
		return nil, problem
	}
	p := NewPlan(up, k, request, Facts{})
	p.enterApply()
	create := p.program.at(StepCall)
	return p.body(k.Create[0], p.carried(p.program.Steps[create])).AppendJSON(nil), nil
}
