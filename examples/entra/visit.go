package entra

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/tidwall/gjson"
)

// visit is the way of one cycle through its users, or through its groups: which
// call follows which.
type visit struct {
	client   *Client
	dialect  Dialect
	table    table
	recorder *recorder
	entries  entries
	users    map[string]*entry // to whom references lead, by ObjectID
}

// probe asks for one that cannot exist and tells whether the activity may go on.
func (v *visit) probe(ctx context.Context, guid string) bool {
	at := v.client.endpoint
	found, err := v.filter(ctx, at.probe, v.table.matching[0].Target, guid)
	var e Error
	switch {
	case errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Code == ServiceIncompatible):
		// Microsoft names 404 in place of an empty list as a cause of quarantine.
		e.Code = Quarantine
		err = e
	case err == nil && len(found) > 0:
		err = Error{Request: at.probe, Status: http.StatusOK, Code: Quarantine,
			Detail: fmt.Sprintf("%d %s were found for a random GUID", len(found), at.noun)}
	}
	v.note(nil, err)
	return err == nil
}

// provision does all calls for one user or group, save those for its references.
func (v *visit) provision(ctx context.Context, e *entry) {
	err := v.bring(ctx, e)
	e.failed = err != nil
	v.note(e, err)
}

// bring makes the target show the object as the directory has it.
func (v *visit) bring(ctx context.Context, e *entry) error {
	if e.purged {
		return v.purge(ctx, e)
	}
	// A user that comes back is matched anew, for it may be gone by now.
	if e.anchor == "" || e.disabled && !e.softDeleted() {
		id, err := v.match(ctx, e.object)
		if err != nil {
			return err
		}
		e.settle(id)
	}
	if e.anchor == "" {
		return v.create(ctx, e)
	}
	shown, err := v.get(ctx, e.anchor)
	if err != nil {
		return err
	}
	return v.update(ctx, e, shown)
}

// match gives the id of the one found by the first matching attribute that finds
// any, "" for none.
func (v *visit) match(ctx context.Context, o object) (string, error) {
	at, asked := v.client.endpoint, false
	for _, r := range v.table.matching {
		value, _ := o.source(r.Source)
		if value == "" {
			continue
		}
		asked = true
		found, err := v.filter(ctx, at.filter, r.Target, value)
		switch {
		case err != nil:
			return "", err
		case len(found) > 1:
			return "", Error{Request: at.filter, Status: http.StatusOK, Code: DuplicateTargetEntries,
				Detail: fmt.Sprintf("%d %s were found for %s %q", len(found), at.noun, r.Target, value)}
		case len(found) == 1:
			return found[0].Get("id").String(), nil
		}
	}
	if !asked {
		return "", Error{Request: at.filter, Code: ProtocolError, Detail: "no matching attribute has a value"}
	}
	return "", nil
}

// create posts the object, unless it is disabled: Entra never creates those.
func (v *visit) create(ctx context.Context, e *entry) error {
	if e.softDeleted() {
		v.recorder.skipped()
		return nil
	}
	at := v.client.endpoint
	body, err := at.createBody(v.table.rows, e.object)
	if err != nil {
		return err
	}
	answer, err := v.client.Create(ctx, body)
	if err = v.check(at.post, answer, err); err != nil {
		return err
	}
	id, err := resourceID(at.post, answer)
	if err == nil {
		e.made(id)
	}
	return err
}

func (v *visit) get(ctx context.Context, id string) ([]byte, error) {
	at := v.client.endpoint
	answer, err := v.client.Get(ctx, id)
	if err = v.check(at.get, answer, err); err != nil {
		return nil, err
	}
	if _, err = resourceID(at.get, answer); err != nil {
		return nil, err
	}
	return answer.Body, at.excludes(at.get, answer, gjson.ParseBytes(answer.Body))
}

// update sends what differs from what the target shows, and nothing if nothing
// does.
func (v *visit) update(ctx context.Context, e *entry, shown []byte) error {
	if ops := diff(v.table.rows, e.object, shown); len(ops) > 0 {
		for _, op := range ops {
			v.recorder.patched(op.Path, 1)
		}
		if err := v.patch(ctx, e, ops); err != nil {
			return err
		}
	}
	e.disabled = e.softDeleted()
	return nil
}

func (v *visit) patch(ctx context.Context, e *entry, ops []operation) error {
	at := v.client.endpoint
	body, err := v.dialect.patchBody(ops)
	if err != nil {
		return err
	}
	answer, err := v.client.Patch(ctx, e.anchor, body)
	if err = v.check(at.patch, answer, err); err != nil || answer.Status == http.StatusNoContent {
		return err
	}
	_, err = resourceID(at.patch, answer)
	return err
}

// purge deletes the object. One that is gone already is as good as deleted.
func (v *visit) purge(ctx context.Context, e *entry) error {
	if e.anchor == "" {
		return nil
	}
	answer, err := v.client.Delete(ctx, e.anchor)
	err = v.check(v.client.endpoint.delete, answer, err)
	if err == nil || answer.Status == http.StatusNotFound {
		e.anchor = ""
		return nil
	}
	return err
}

func (v *visit) filter(ctx context.Context, k Kind, attribute, value string) ([]gjson.Result, error) {
	answer, err := v.client.Filter(ctx, attribute, value)
	found, err := v.listed(k, answer, err)
	for _, one := range found {
		if err := v.client.endpoint.excludes(k, answer, one); err != nil {
			return nil, err
		}
	}
	return found, err
}

// listed gives what was found. Nobody is an empty list, never a 404.
func (v *visit) listed(k Kind, answer Response, err error) ([]gjson.Result, error) {
	if err = v.check(k, answer, err); err != nil {
		return nil, err
	}
	list := gjson.ParseBytes(answer.Body)
	total, found := list.Get("totalResults"), list.Get("Resources").Array()
	if total.Type != gjson.Number || int(total.Int()) != len(found) {
		return nil, incompatible(k, answer, "totalResults and Resources do not agree")
	}
	for _, one := range found {
		if id := one.Get("id"); id.Type != gjson.String || id.Str == "" {
			return nil, incompatible(k, answer, "a resource has no id")
		}
	}
	return found, nil
}

// check counts a request and gives what was wrong with its answer, short of
// what only one kind of request can tell.
func (v *visit) check(k Kind, answer Response, err error) error {
	v.recorder.request(k, answer.Status)
	at := v.client.endpoint
	switch {
	case err != nil:
		return Error{Request: k, Code: noAnswer(err), Detail: err.Error()}
	case answer.Status == http.StatusNotFound && (k == at.get || k == at.patch):
		return refusal(k, answer, InvalidAnchor)
	case answer.Status < 200 || answer.Status > 299:
		return refusal(k, answer, codeOf(answer.Status))
	case k == at.delete || k == at.patch && answer.Status == http.StatusNoContent:
		return nil
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if kind != "application/scim+json" || !gjson.ValidBytes(answer.Body) {
		return incompatible(k, answer, "the answer is not application/scim+json")
	}
	return nil
}

// resourceID gives the id that every resource in an answer must have.
func resourceID(k Kind, answer Response) (string, error) {
	id := gjson.GetBytes(answer.Body, "id")
	if id.Type != gjson.String || id.Str == "" {
		return "", incompatible(k, answer, "the resource has no id")
	}
	return id.Str, nil
}

// excludes complains of a resource that shows what the read had excluded.
func (e *endpoint) excludes(k Kind, answer Response, shown gjson.Result) error {
	if e.excluded == "" || len(shown.Get(e.excluded).Array()) == 0 {
		return nil
	}
	return Error{Request: k, Status: answer.Status, Code: MultipleEntries, Detail: e.excluded + " are shown although the read excludes them"}
}

func refusal(k Kind, answer Response, code string) Error {
	return Error{Request: k, Status: answer.Status, Code: code,
		Detail:     gjson.GetBytes(answer.Body, "detail").String(),
		RetryAfter: answer.Header.Get("Retry-After")}
}

func incompatible(k Kind, answer Response, detail string) Error {
	return Error{Request: k, Status: answer.Status, Code: ServiceIncompatible, Detail: detail}
}

// note records an error with the user or group it belongs to; nil is none.
func (v *visit) note(e *entry, err error) {
	if err == nil {
		return
	}
	var failed Error
	if !errors.As(err, &failed) {
		failed = Error{Code: ProtocolError, Detail: err.Error()}
	}
	if e != nil {
		failed.ObjectID, failed.order = e.objectID(), e.order
	}
	v.recorder.failed(failed)
}
