// Package app answers as Zimbra's admin API does over SOAP: what Zimbra's reference
// and its source say of accounts and of logging in, with its habits. All calls go
// to one URL; a fault is HTTP 500 with a code inside; names are kept in small
// letters; an empty value removes an attribute; a search takes an LDAP filter. It
// keeps its accounts in memory.
package app

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"scimshim/examples/api"
)

// lifetime of a token, in milliseconds.
const lifetime = 12 * 60 * 60 * 1000

// The kinds of calls are the names of the requests.
const (
	Login  = "AuthRequest"
	Get    = "GetAccountRequest"
	Create = "CreateAccountRequest"
	Modify = "ModifyAccountRequest"
	Rename = "RenameAccountRequest"
	Delete = "DeleteAccountRequest"
	Search = "SearchDirectoryRequest"
)

// App is Zimbra. Its methods may be called while it serves.
type App struct {
	domain         string
	name, password string

	api      *api.API
	last     int
	session  int
	accounts map[string]*Account // by id
	tokens   map[string]bool
}

// Account is one account.
type Account struct {
	ID         string // left out where accounts are given to others
	Name       string
	Attributes map[string][]string // those that calls or administrators have set, and the status
}

// New gives a Zimbra with one domain, its administrator, who has this name and
// password, and an account of Zimbra's own.
func New(domain, name, password string) *App {
	a := &App{domain: domain, name: name, password: password, accounts: map[string]*Account{}, tokens: map[string]bool{}}
	a.add(name, map[string][]string{"zimbraIsAdminAccount": {"TRUE"}, "displayName": {"Administrator"}})
	a.add("spam.x1y2@"+domain, map[string][]string{"zimbraIsSystemAccount": {"TRUE"}})
	// What stands behind the path, clients add for the logs.
	a.api = api.New(map[string]api.Endpoint{"POST /service/admin/soap": a.serve, "POST /service/admin/soap/": a.serve}, nil)
	return a
}

// Handler gives the API.
func (a *App) Handler() http.Handler { return a.api }

// Accounts gives a copy of everybody, as an Account, by id.
func (a *App) Accounts() map[string]any {
	out := map[string]any{}
	a.api.Do(func() {
		for id, account := range a.accounts {
			out[id] = Account{Name: account.Name, Attributes: maps.Clone(account.Attributes)}
		}
	})
	return out
}

// Set gives an attribute of an account other values, as an administrator does in
// the console.
func (a *App) Set(name, attribute string, values ...string) {
	a.api.Do(func() {
		if account := a.named(name); account != nil {
			account.Attributes[attribute] = values
		}
	})
}

// Delete deletes an account, as an administrator does in the console.
func (a *App) Delete(name string) {
	a.api.Do(func() {
		if account := a.named(name); account != nil {
			delete(a.accounts, account.ID)
		}
	})
}

// EndSessions makes all tokens worthless, as their age does.
func (a *App) EndSessions() { a.api.Do(func() { clear(a.tokens) }) }

func (a *App) sorted() []*Account {
	return slices.SortedFunc(maps.Values(a.accounts), func(x, y *Account) int { return strings.Compare(x.Name, y.Name) })
}

func (a *App) named(name string) *Account {
	for _, account := range a.accounts {
		if account.Name == strings.ToLower(name) {
			return account
		}
	}
	return nil
}

func (a *App) add(name string, attributes map[string][]string) *Account {
	a.last++
	account := &Account{Name: name, Attributes: attributes, ID: fmt.Sprintf("%08d-3c7a-4f7e-9d4f-7d2f1c5b8e90", a.last)}
	if attributes["zimbraAccountStatus"] == nil {
		attributes["zimbraAccountStatus"] = []string{"active"}
	}
	if attributes["sn"] == nil {
		local, _, _ := strings.Cut(name, "@")
		attributes["sn"] = []string{local}
	}
	a.accounts[account.ID] = account
	return account
}

// whole are all attributes of an account, with those that Zimbra itself sets and,
// if cos says so, one that comes from its class of service.
func (a *Account) whole(cos bool) map[string][]string {
	all := maps.Clone(a.Attributes)
	local, _, _ := strings.Cut(a.Name, "@")
	all["uid"], all["zimbraId"] = []string{local}, []string{a.ID}
	all["mail"] = append([]string{a.Name}, a.Attributes["zimbraMailAlias"]...)
	all["zimbraMailDeliveryAddress"] = []string{a.Name}
	all["objectClass"] = []string{"inetOrgPerson", "zimbraAccount", "amavisAccount"}
	if cos && all["zimbraMailQuota"] == nil {
		all["zimbraMailQuota"] = []string{"0"}
	}
	return all
}

var request = regexp.MustCompile(`<(\w+Request)\b`)

// Kind is the request in the body: the URL is always the same.
func (a *App) Kind(_ *http.Request, body []byte) string {
	if found := request.FindSubmatch(body); found != nil {
		return string(found[1])
	}
	return ""
}

func (a *App) serve(_ *http.Request, body []byte) api.Answer {
	envelope, err := parse(body)
	soap12 := err != nil || envelope.space == soap12Space
	answer, failed := a.answer(envelope, err)
	media, status := "text/xml; charset=utf-8", http.StatusOK
	if soap12 {
		media = "application/soap+xml; charset=utf-8"
	}
	if failed != nil {
		answer, status = failed.node(soap12), http.StatusInternalServerError
	}
	return api.Text(status, media, enclose(answer, soap12))
}

// fault is what a SOAP fault says.
type fault struct {
	code, reason string
	receiver     bool // it is the server's own fault
}

func (a *App) answer(envelope *node, err error) (*node, *fault) {
	if err != nil || envelope.name != "Envelope" || envelope.space != soap12Space && envelope.space != soap11Space {
		return nil, &fault{code: "soap.NON_SOAP_MESSAGE", reason: "unable to parse message"}
	}
	body := envelope.child("Body")
	if body == nil || len(body.children) != 1 {
		return nil, &fault{code: "service.INVALID_REQUEST", reason: "invalid request: missing or malformed soap body"}
	}
	request := body.children[0]
	if request.space != adminSpace {
		return nil, &fault{code: "service.UNKNOWN_DOCUMENT", reason: "unknown document: " + request.name}
	}
	if request.name == Login {
		return a.login(request)
	}
	switch token := envelope.text("Header", "context", "authToken"); {
	case token == "":
		return nil, &fault{code: "service.AUTH_REQUIRED", reason: "no valid authtoken present"}
	case !a.tokens[token]:
		return nil, &fault{code: "service.AUTH_EXPIRED", reason: "auth credentials have expired"}
	}
	return a.command(request)
}

func (a *App) command(request *node) (*node, *fault) {
	switch request.name {
	case Create:
		return a.create(request)
	case Get:
		return a.get(request)
	case Modify:
		return a.modify(request)
	case Rename:
		return a.rename(request)
	case Delete:
		return a.remove(request)
	case Search:
		return a.search(request)
	}
	return nil, &fault{code: "service.UNKNOWN_DOCUMENT", reason: "unknown document: " + request.name}
}

func (a *App) login(request *node) (*node, *fault) {
	name, password := request.value("name"), request.value("password")
	if name == "" {
		name = request.text("account")
	}
	if !strings.EqualFold(name, a.name) || password != a.password {
		return nil, &fault{code: "account.AUTH_FAILED", reason: "authentication failed for [" + name + "]"}
	}
	a.session++
	token := "0_" + strconv.Itoa(a.session) + "_token"
	a.tokens[token] = true
	return element("AuthResponse", leaf("authToken", token), leaf("lifetime", strconv.Itoa(lifetime))), nil
}
