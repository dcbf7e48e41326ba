package entra

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/tidwall/gjson"
)

// visit is the way of one cycle through its users: which call follows which.
type visit struct {
	client   *Client
	dialect  Dialect
	rows     []row
	matching []row
	recorder *recorder
}

// probe asks for a user that cannot exist and tells whether the cycle may go
// on. Every activity begins with it.
func (v *visit) probe(ctx context.Context, guid string) bool {
	found, err := v.filter(ctx, Probe, v.matching[0].Target, guid)
	var e Error
	switch {
	case errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Code == ServiceIncompatible):
		// Microsoft names 404 in place of an empty list as a cause of quarantine.
		e.Code = Quarantine
		err = e
	case err == nil && len(found) > 0:
		err = Error{Request: Probe, Status: http.StatusOK, Code: Quarantine,
			Detail: fmt.Sprintf("%d users were found for a random GUID", len(found))}
	}
	v.note(nil, err)
	return err == nil
}

// provision does all calls for one user.
func (v *visit) provision(ctx context.Context, e *entry) {
	v.note(e, v.bring(ctx, e))
}

// bring makes the target show the user as the directory has it.
func (v *visit) bring(ctx context.Context, e *entry) error {
	if e.purged {
		return v.purge(ctx, e)
	}
	// A user that comes back is matched anew, for it may be gone by now.
	if e.anchor == "" || e.disabled && !e.user.SoftDeleted {
		id, err := v.match(ctx, e.user)
		if err != nil {
			return err
		}
		e.anchor = id
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

// match gives the id of the one user found by the first matching attribute that
// finds any, "" for none.
func (v *visit) match(ctx context.Context, u User) (string, error) {
	asked := false
	for _, r := range v.matching {
		value, _ := u.source(r.Source)
		if value == "" {
			continue
		}
		asked = true
		found, err := v.filter(ctx, FilterUser, r.Target, value)
		switch {
		case err != nil:
			return "", err
		case len(found) > 1:
			return "", Error{Request: FilterUser, Status: http.StatusOK, Code: DuplicateTargetEntries,
				Detail: fmt.Sprintf("%d users were found for %s %q", len(found), r.Target, value)}
		case len(found) == 1:
			return found[0].Get("id").String(), nil
		}
	}
	if !asked {
		return "", Error{Request: FilterUser, Code: ProtocolError, Detail: "no matching attribute has a value"}
	}
	return "", nil
}

// create posts the user, unless it is disabled: Entra never creates those.
func (v *visit) create(ctx context.Context, e *entry) error {
	if e.user.SoftDeleted {
		v.recorder.skipped()
		return nil
	}
	body, err := createBody(v.rows, e.user)
	if err != nil {
		return err
	}
	answer, err := v.client.Create(ctx, body)
	if err = v.check(PostUser, answer, err); err != nil {
		return err
	}
	id, err := resourceID(PostUser, answer)
	if err == nil {
		e.anchor, e.disabled = id, false
	}
	return err
}

func (v *visit) get(ctx context.Context, id string) ([]byte, error) {
	answer, err := v.client.Get(ctx, id)
	if err = v.check(GetUser, answer, err); err != nil {
		return nil, err
	}
	_, err = resourceID(GetUser, answer)
	return answer.Body, err
}

// update sends what differs from what the target shows, and nothing if nothing
// does.
func (v *visit) update(ctx context.Context, e *entry, shown []byte) error {
	ops := diff(v.rows, e.user, shown)
	if len(ops) > 0 {
		body, err := v.dialect.patchBody(ops)
		if err != nil {
			return err
		}
		v.recorder.patched(ops)
		answer, err := v.client.Patch(ctx, e.anchor, body)
		if err = v.check(PatchUser, answer, err); err != nil {
			return err
		}
		if answer.Status != http.StatusNoContent {
			if _, err := resourceID(PatchUser, answer); err != nil {
				return err
			}
		}
	}
	e.disabled = e.user.SoftDeleted
	return nil
}

// purge deletes the user. One that is gone already is as good as deleted.
func (v *visit) purge(ctx context.Context, e *entry) error {
	if e.anchor == "" {
		return nil
	}
	answer, err := v.client.Delete(ctx, e.anchor)
	err = v.check(DeleteUser, answer, err)
	if err == nil || answer.Status == http.StatusNotFound {
		e.anchor = ""
		return nil
	}
	return err
}

// filter gives the users found. Nobody is an empty list, never a 404.
func (v *visit) filter(ctx context.Context, k Kind, attribute, value string) ([]gjson.Result, error) {
	answer, err := v.client.Filter(ctx, attribute, value)
	if err = v.check(k, answer, err); err != nil {
		return nil, err
	}
	list := gjson.ParseBytes(answer.Body)
	total, found := list.Get("totalResults"), list.Get("Resources").Array()
	if total.Type != gjson.Number || int(total.Int()) != len(found) {
		return nil, incompatible(k, answer, "totalResults and Resources do not agree")
	}
	for _, u := range found {
		if id := u.Get("id"); id.Type != gjson.String || id.Str == "" {
			return nil, incompatible(k, answer, "a resource has no id")
		}
	}
	return found, nil
}

// check counts a request and gives what was wrong with its answer, short of
// what only one kind of request can tell.
func (v *visit) check(k Kind, answer Response, err error) error {
	v.recorder.request(k, answer.Status)
	switch {
	case err != nil:
		return Error{Request: k, Code: noAnswer(err), Detail: err.Error()}
	case answer.Status == http.StatusNotFound && (k == GetUser || k == PatchUser):
		return refusal(k, answer, InvalidAnchor)
	case answer.Status < 200 || answer.Status > 299:
		return refusal(k, answer, codeOf(answer.Status))
	case k == DeleteUser || k == PatchUser && answer.Status == http.StatusNoContent:
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

func refusal(k Kind, answer Response, code string) Error {
	return Error{Request: k, Status: answer.Status, Code: code,
		Detail:     gjson.GetBytes(answer.Body, "detail").String(),
		RetryAfter: answer.Header.Get("Retry-After")}
}

func incompatible(k Kind, answer Response, detail string) Error {
	return Error{Request: k, Status: answer.Status, Code: ServiceIncompatible, Detail: detail}
}

// note records an error with the user it belongs to; nil is none.
func (v *visit) note(e *entry, err error) {
	if err == nil {
		return
	}
	var failed Error
	if !errors.As(err, &failed) {
		failed = Error{Code: ProtocolError, Detail: err.Error()}
	}
	if e != nil {
		failed.ObjectID, failed.order = e.user.ObjectID, e.order
	}
	v.recorder.failed(failed)
}
