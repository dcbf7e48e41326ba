package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// cpu is the user and system time of a process so far, to the nanosecond: what
// /proc/PID/stat has is rounded to hundredths of a second. A thread that ended
// is missing in it, but neither Go nor nginx ends threads.
func cpu(pid int) (total time.Duration, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(tasks) == 0 {
		return 0, fmt.Errorf("process %d has no schedstat below /proc: Linux with CONFIG_SCHED_INFO is needed", pid)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var ran time.Duration
		if _, scanErr := fmt.Sscan(string(text), &ran); err != nil || scanErr != nil {
			return 0, errors.Join(err, scanErr)
		}
		total += ran
	}
	return total, nil
}

// resident is the memory of a process in KiB: all of it, and the part that is
// not the program's own file.
type resident struct{ all, anonymous float64 }

func memory(pid int) (r resident, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return r, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		fmt.Sscanf(lines.Text(), "VmRSS: %f", &r.all)
		fmt.Sscanf(lines.Text(), "RssAnon: %f", &r.anonymous)
	}
	if r.all == 0 || r.anonymous == 0 {
		return r, fmt.Errorf("process %d: its status has no VmRSS and RssAnon", pid)
	}
	return r, nil
}
