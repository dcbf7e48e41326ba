package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// Settling makes the process smaller, and does no harm to a program that goes on.
func TestSettle(t *testing.T) {
	before := residentFiles(t)
	settle()
	after := residentFiles(t)
	if after >= before {
		t.Errorf("%d KiB of files were resident, and %d are", before, after)
	}
}

// residentFiles is how much of mapped files is in memory, in KiB.
func residentFiles(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssFile:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
