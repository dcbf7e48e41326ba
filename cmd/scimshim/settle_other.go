//go:build !linux

package main

// dropProgram knows how for Linux alone.
func dropProgram() {}
