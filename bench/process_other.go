//go:build !linux

package main

import "syscall"

// dieWithParent is known to Linux alone, and so is what usage.go reads.
func dieWithParent() *syscall.SysProcAttr { return nil }
