//go:build unix

// Package pocketbase_test runs Entra's provisioning service, played by package
// entra, through scimshim against a real PocketBase, and compares the outcome
// with PocketBase's own records.
package pocketbase_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scimshim/examples/entra"
	"scimshim/examples/scene"
)

func mapping() entra.Mapping { return append(entra.DefaultMapping(), entra.ManagerRow()) }

// The table that administrators copy into the portal is the one tested here.
func TestReadmeHasTheMapping(t *testing.T) { scene.CheckMapping(t, "README.md", mapping()) }

// open starts everything, with the file's password for PocketBase.
func open(t *testing.T, server *server, password string) *scene.VendorStage {
	t.Helper()
	s := &scene.VendorStage{File: "pocketbase.yaml", Vendor: server, Mapping: mapping(), Groups: entra.GroupMapping(), Number: 12,
		Env: map[string]string{"POCKETBASE_URL": "{vendor}", "POCKETBASE_USER": admin, "POCKETBASE_PASSWORD": password}}
	s.Wants = func(u entra.User) map[string]any {
		return map[string]any{"username": u.UserPrincipalName, "email": u.Mail, "name": u.DisplayName, "title": u.JobTitle, "verified": true,
			"disabled": u.SoftDeleted, "department": u.Department, "manager": s.Service.Anchor(u.Manager)}
	}
	s.Open(t)
	entra.SampleManagers(s.People)
	s.Service.Put(s.People...)
	return s
}

func TestLife(t *testing.T) {
	server := newServer(t)
	s := open(t, server, password)
	s.Run(t, []scene.VendorAct{
		{Name: "initial cycle", Do: func(*scene.VendorStage) {}},
	}, func(people int) scene.Calls { return scene.Calls{"find users": 1, "read users": people} })
	_ = fmt.Sprint
	_ = http.StatusOK
	_ = slices.Contains[[]int]
	_ = cmp.Diff
}
