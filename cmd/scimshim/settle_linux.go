package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dropProgram tells the kernel that the pages of the program itself need not stay
// in this process. They are never written to, so that those still needed come
// back from the file's cache as they are used.
func dropProgram() {
	maps, err := os.ReadFile("/proc/self/maps")
	program, own := os.Executable()
	if err != nil || own != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[5] != program || strings.Contains(fields[1], "w") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, errFrom := strconv.ParseUint(from, 16, 64)
		end, errTo := strconv.ParseUint(to, 16, 64)
		if errFrom == nil && errTo == nil && end > start {
			syscall.Syscall(syscall.SYS_MADVISE, uintptr(start), uintptr(end-start), syscall.MADV_DONTNEED)
		}
	}
}
