package main

func (r *Report) plot(file string) error { return nil }
