package main

// The targets, which hold for a busy gateway beside a bare proxy of the same
// run. Those of the ratio leave out the durable write of a create's intent,
// which is reported apart, so that they are held against the gateway whose
// state is in memory.
const (
	startTarget = 20.0 // ms from exec to the first answer
	idleTarget  = 15.0 // MiB
	loadTarget  = 30.0 // MiB

	allocationTarget = 20.0 // in one direction of a mapping
	directionTarget  = 6.0  // us for it
)

// Target is what a figure should be at most, and whether its median is.
type Target struct {
	AtMost float64 `json:"atMost"`
	Met    bool    `json:"met"`
}

func atMost(most float64, got samples) *Target {
	return &Target{AtMost: most, Met: got.spread().Median <= most}
}

// ratioTarget is nil where there is no target.
func ratioTarget(row, proxy string, got samples) *Target {
	switch {
	case row == readRow && proxy == plain:
		return atMost(1.6, got)
	case row == readRow && proxy == kept:
		return atMost(1.8, got)
	case row == createRow && proxy == plainMemory:
		return atMost(2.0, got)
	case row == createRow && proxy == keptMemory:
		return atMost(2.2, got)
	}
	return nil
}
