package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"scimshim/config"
	"scimshim/gateway"
	"scimshim/rules"
	"scimshim/transform"
	"scimshim/transform/scim"
)

// explainSettings say what is assumed of the vendor and how the result prints.
type explainSettings struct {
	native, format string
}

func newExplain() *cobra.Command {
	s := &explainSettings{}
	cmd := &cobra.Command{
		Use:   "explain FILE < REQUEST",
		Short: "Show what would become of a SCIM request; sends nothing",
		Long: "Show what a vendor file makes of the SCIM request on standard input: the rules and\n" +
			"their values, what is sent, kept and dropped, each native call, and the answer.\n\n" +
			"The request is HTTP as text: a line such as PATCH /Users/15, headers if you like, an\n" +
			"empty line, and the body. Nothing is sent: the vendor's answers are made up.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return s.explain(files[0], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&s.native, "native", "", "a file with the vendor's present resource as JSON; without it the resource has nothing but its id")
	formatFlag(cmd, &s.format)
	return cmd
}

func (s *explainSettings) explain(file string, stdin io.Reader, stdout, stderr io.Writer) error {
	vendor, found := loadForExplain(file)
	fmt.Fprint(stderr, found.String())
	if vendor == nil {
		return verdict(found, false)
	}
	x := &explainer{vendor: vendor}
	if s.native != "" {
		if err := x.readNative(s.native); err != nil {
			return err
		}
	}
	text, err := io.ReadAll(stdin)
	if err != nil {
		return err
	}
	if err := x.run(text); err != nil {
		return err
	}
	if s.format == "json" {
		return printJSON(stdout, x.out)
	}
	x.out.print(stdout)
	return nil
}

// loadForExplain has placeholders for all secrets, even for those that are set,
// so that none can be shown.
func loadForExplain(file string) (*config.Vendor, config.Diagnostics) {
	snapshot, found := config.Load([]string{file}, config.Options{
		Env: func(string) (string, bool) { return "", false },
		ReadFile: func(name string) ([]byte, error) {
			if name == file {
				return os.ReadFile(name)
			}
			return nil, errors.New("it is not read")
		},
		Placeholders: true,
	})
	if snapshot == nil {
		return nil, found
	}
	return snapshot.Vendors[0], found
}

// explainer lets a plan decide as the gateway does, and makes up what the
// vendor answers.
type explainer struct {
	vendor *config.Vendor
	kind   *transform.Kind
	native scim.Value // the vendor's resource; Absent: nothing is known of it
	given  bool       // by --native
	sought []string   // the names of users who were looked up
	out    explanation
}

func (x *explainer) readNative(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if x.native, err = scim.ParseJSON(text, scim.Limits{}); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if x.given = true; x.native.Kind() != scim.KindObject {
		return fmt.Errorf("%s: it is %s, an object is needed", file, x.native.Kind())
	}
	return nil
}

func (x *explainer) run(text []byte) error {
	m, err := parseMessage(text)
	if err != nil {
		return err
	}
	method, path, err := m.request()
	if err != nil {
		return err
	}
	path, query, _ := strings.Cut(strings.TrimPrefix(path, "/"+x.vendor.Name+gateway.BasePath), "?")
	var endpoints []string
	for _, kind := range x.vendor.Kinds() {
		if endpoints = append(endpoints, kind.Type.Endpoint); strings.HasPrefix(path, kind.Type.Endpoint) {
			x.kind = kind
		}
	}
	if x.kind == nil {
		return fmt.Errorf("%q is not explained: a path begins with %s", path, strings.Join(endpoints, " or "))
	}
	x.out.Request = method + " " + path
	request, problem := transform.Decode(x.kind, method, path, query, m.body)
	if problem != nil {
		x.out.Reply = x.reply(transform.Reply{Status: problem.Status, Error: problem})
		return nil
	}
	request.IfMatch, _ = m.header("If-Match")
	request.IfNoneMatch, _ = m.header("If-None-Match")
	x.follow(request)
	return nil
}

// follow is the loop of a request's life, as in the gateway.
func (x *explainer) follow(request *transform.Request) {
	plan := transform.NewPlan(&x.vendor.Vendor.Upstream, x.kind, request, transform.Facts{
		Now: time.Now(), CorrelationID: "explain", Random: "made-up-id", BaseURL: "https://HOST/" + x.vendor.Name + gateway.BasePath, Entropy: rules.Generated,
	})
	x.out.Operation = string(request.Operation)
	if request.Operation == transform.Create {
		x.kind.ID.Match = nil // nobody can make up an id for a pattern
	}
	got := transform.Outcome{}
	for {
		got.Shown = true // an absence is believed: the vendor is assumed to be in order
		move := plan.Next(got)
		if reply, ok := move.(transform.Reply); ok {
			x.out.Reply = x.reply(reply)
			break
		}
		got = x.do(plan, move)
	}
	x.trace(plan, request)
}

// do makes up what comes of a move.
func (x *explainer) do(plan *transform.Plan, move transform.Move) (got transform.Outcome) {
	line := moveLine{Step: plan.Step().Name()}
	switch move := move.(type) {
	case transform.Ask:
		got = transform.Outcome{Kind: transform.Absent}
		if line.Move, line.Answer = "ask", "nothing is remembered"; move.Index != nil {
			got.Kind, line.Answer = transform.Unclear, "the index is empty"
		} else if move.Lookup != nil {
			got.Kind, line.Answer = transform.Unclear, "the table is not known yet"
		}
	case transform.Send:
		line.Move, line.Why, line.Native = "send", move.Why, x.shown(move)
		got, line.Answer = x.answer(move, plan)
		got.Saved = saved(move.Call)
	case transform.Commit:
		line.Move, line.Why = "commit", move.Why
		got = transform.Outcome{Kind: transform.Done}
	}
	x.out.Moves = append(x.out.Moves, line)
	return got
}

// saved makes up what a call captures for later ones.
func saved(call *transform.Call) map[string]scim.Value {
	out := map[string]scim.Value{}
	for _, saving := range call.Save {
		if saving.Name != "id" {
			out[saving.Name] = scim.String("<saved." + saving.Name + ">")
		}
	}
	return out
}

// answer makes up what the vendor answers: nobody is found, every write is done.
func (x *explainer) answer(send transform.Send, plan *transform.Plan) (got transform.Outcome, answer string) {
	sent := send.Fields
	switch send.Call.Operation {
	case transform.LookUp:
		return transform.Outcome{Kind: transform.Found, Items: table(plan), Last: true}, "made up: what is looked for"
	case transform.List, transform.Find:
		if name := plan.Sought(); !name.IsAbsent() {
			return transform.Outcome{Kind: transform.Found, Items: []scim.Value{x.namesake(send.Kind(), name)}, Last: true}, "made up: a user with this name"
		}
		return transform.Outcome{Kind: transform.Found, Last: true}, "made up: nobody"
	case transform.ListMembers:
		return transform.Outcome{Kind: transform.Found, Last: true}, "made up: nobody"
	case transform.HasMember:
		return transform.Outcome{Kind: transform.Absent}, "made up: no member"
	case transform.Read:
		if send.Joins() {
			return x.piece(send.Call.Into)
		}
		if plan.Consults() {
			return transform.Outcome{Kind: transform.Found, Native: x.other(send.Kind(), send.ID())}, "made up: a resource with nothing but its id and name"
		}
		return transform.Outcome{Kind: transform.Found, Native: x.resource(send.ID())}, x.source()
	case transform.Create:
		x.native, x.given = x.kind.ID.Native.Set(merged(x.native, sent), idOf(x.kind, "1")), true
		return transform.Outcome{Kind: transform.Done, Native: x.native, ID: "1"}, `made up: what was sent, with the id "1"`
	case transform.Update:
		x.native = merged(x.resource(plan.NativeID()), sent)
		return transform.Outcome{Kind: transform.Done, Native: x.native}, "made up: what was there, with what was sent"
	}
	return transform.Outcome{Kind: transform.Done}, "made up: done"
}

// piece is what a further call of read joins to the resource.
func (x *explainer) piece(into transform.NativePath) (got transform.Outcome, answer string) {
	if v := into.Get(x.native); !v.IsAbsent() {
		return transform.Outcome{Kind: transform.Found, Native: v}, x.source()
	}
	return transform.Outcome{Kind: transform.Absent}, "made up: there is nothing to join"
}

// resource is the vendor's present one. Made up, it has what none is without.
func (x *explainer) resource(id string) scim.Value {
	if x.native.IsAbsent() {
		x.native = bare(x.kind, id)
	}
	return x.native
}

// bare is a resource with what none is without.
func bare(kind *transform.Kind, id string) scim.Value {
	native := kind.ID.Native.Set(scim.Object(), idOf(kind, id))
	if name := kind.Attribute(kind.Type.Naming); !name.Native.IsZero() {
		native = name.Native.Set(native, scim.String("<"+noun(kind)+" name>"))
	}
	if m := kind.Members; m != nil && !m.Native.IsZero() {
		native = m.Native.Set(native, scim.ListOf())
	}
	return native
}

// noun is what one of a kind is called.
func noun(kind *transform.Kind) string { return strings.TrimSuffix(kind.Name, "s") }

// other is somebody whom the resource refers to by id, with a name by which the vendor
// refers to him.
func (x *explainer) other(kind *transform.Kind, id string) scim.Value {
	native := bare(kind, id)
	if ref := x.kind.References(); ref != nil && ref.To == kind && ref.By != nil {
		native = ref.By.Native.Set(native, scim.String("<"+ref.By.Name+" of "+id+">"))
	}
	return native
}

// namesake is somebody whom the vendor's resource refers to by name, with an id of his own.
func (x *explainer) namesake(kind *transform.Kind, name scim.Value) scim.Value {
	kind.ID.Match = nil // nobody can make up an id for a pattern
	at := slices.Index(x.sought, name.Text())
	if at < 0 {
		at, x.sought = len(x.sought), append(x.sought, name.Text())
	}
	return x.kind.References().By.Native.Set(bare(kind, strconv.Itoa(at+101)), name)
}

// table is what a lookup lists, made up: all that is looked for.
func table(plan *transform.Plan) (items []scim.Value) {
	l := plan.Step().Lookup
	add := func(key, value scim.Value) {
		items = append(items, l.Value.Set(l.Key.Set(scim.Object(), key), value))
	}
	keys, values := plan.LookedFor()
	for _, key := range keys {
		add(key, scim.String("<"+l.Name+": "+key.Text()+">"))
	}
	for _, value := range values {
		add(scim.String("<"+l.Name+": "+value.Text()+">"), value)
	}
	return items
}

func (x *explainer) source() string {
	if x.given {
		return "the resource given"
	}
	return "made up: a resource with nothing but its id and " + noun(x.kind) + " name; give one with --native"
}

// idOf is an id of the type that the file says.
func idOf(kind *transform.Kind, text string) scim.Value {
	if kind.ID.Type == "integer" {
		return scim.Number(text)
	}
	return scim.String(text)
}

// merged lays the members that were sent over the resource.
func merged(resource, sent scim.Value) scim.Value {
	if resource.IsAbsent() {
		resource = scim.Object()
	}
	for _, m := range sent.Members() {
		if under := resource.Member(m.Name); under.Kind() == scim.KindObject && m.Value.Kind() == scim.KindObject {
			m.Value = merged(under, m.Value)
		}
		resource = resource.With(m.Name, m.Value)
	}
	return resource
}
