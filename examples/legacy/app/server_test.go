package app

import (
	"errors"
	"syscall"
	"testing"
)

func TestOutageRefusesConnections(t *testing.T) {
	a, s, client := start(t)
	for range 3 {
		if err := a.Outage(true); err != nil {
			t.Fatal(err)
		}
		if _, _, err := post(t.Context(), s, client); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("got error %v, want %v", err, syscall.ECONNREFUSED)
		}
		if err := a.Outage(false); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, err := post(t.Context(), s, client); status != 201 || err != nil {
		t.Errorf("after the outage: got %d, %v, want 201", status, err)
	}
}

func TestRefuseIsAnOutageFromThereOn(t *testing.T) {
	a, s, client := start(t)
	a.Fault(Fault{Kind: Refuse, Times: 1})
	post(t.Context(), s, client)
	if _, _, err := post(t.Context(), s, client); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got error %v, want %v", err, syscall.ECONNREFUSED)
	}
	if err := a.Outage(false); err != nil {
		t.Fatal(err)
	}
	if status, _, err := post(t.Context(), s, client); status != 201 || err != nil {
		t.Errorf("after the outage: got %d, %v, want 201", status, err)
	}
}

func TestUsersOutliveTheServer(t *testing.T) {
	a, s, client := start(t)
	if _, err := a.Start(""); err == nil || err.Error() != "the application is started already" {
		t.Errorf("second start: got error %v", err)
	}
	post(t.Context(), s, client)
	s.Stop()
	s, err := a.Start("")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if status, body, err := post(t.Context(), s, client); status != 422 || err != nil {
		t.Errorf("got %d %s %v, want 422: the login is taken", status, body, err)
	}
}
