package main

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// series are the bars of one proxy in a panel.
type series struct {
	name, format string
	bars         plotter.XYs
	ranges       plotter.YErrors
	tops         plotter.XYLabels
	targets      []plotter.XYs
}

func (s *series) add(x float64, of Spread, target *Target) {
	s.bars = append(s.bars, plotter.XY{X: x, Y: of.Median})
	s.ranges = append(s.ranges, struct{ Low, High float64 }{of.Median - of.Low, of.High - of.Median})
	s.tops.XYs = append(s.tops.XYs, plotter.XY{X: x, Y: of.High})
	s.tops.Labels = append(s.tops.Labels, fmt.Sprintf(s.format, of.Median))
	if target != nil {
		s.targets = append(s.targets, plotter.XYs{{X: x - barStep*0.7, Y: target.AtMost}, {X: x + barStep*0.7, Y: target.AtMost}})
	}
}

// draw adds the series to a panel, and gives the target lines, which are drawn
// last: on top of all bars.
func (s *series) draw(p *plot.Plot) (targets []*plotter.Line, err error) {
	for i, at := range s.bars {
		bar, err := plotter.NewBarChart(plotter.Values{at.Y}, barWidth)
		if err != nil {
			return nil, err
		}
		bar.XMin, bar.Color, bar.LineStyle.Width = at.X, colour(s.name), 0
		p.Add(bar)
		if i == 0 {
			p.Legend.Add(s.name, bar)
		}
	}
	ranges, err := plotter.NewYErrorBars(struct {
		plotter.XYs
		plotter.YErrors
	}{s.bars, s.ranges})
	if err != nil {
		return nil, err
	}
	tops, err := plotter.NewLabels(s.tops)
	if err != nil {
		return nil, err
	}
	for i := range tops.TextStyle {
		tops.TextStyle[i].Font = font.From(sans(), vg.Points(8))
		tops.TextStyle[i].XAlign = -0.5
	}
	tops.Offset.Y = vg.Points(2)
	p.Add(ranges, tops)
	for _, ends := range s.targets {
		targets = append(targets, targetLine(ends))
	}
	return targets, nil
}

func targetLine(ends plotter.XYs) *plotter.Line {
	style := draw.LineStyle{Color: color.RGBA{R: 0xc0, A: 0xff}, Width: vg.Points(2)}
	return &plotter.Line{XYs: ends, LineStyle: style}
}

// colour tells the proxies apart, for those too who see no red or green; the
// two of a vendor file are akin.
func colour(proxy string) color.Color {
	switch proxy {
	case bareProxy:
		return color.RGBA{0x80, 0x80, 0x80, 0xff}
	case nginxProxy:
		return color.RGBA{0xc4, 0xc4, 0xc4, 0xff}
	case plain:
		return color.RGBA{0x1f, 0x5f, 0xa8, 0xff}
	case plainMemory:
		return color.RGBA{0x8f, 0xb8, 0xe2, 0xff}
	case kept:
		return color.RGBA{0xd9, 0x7b, 0x10, 0xff}
	}
	return color.RGBA{0xf5, 0xc6, 0x85, 0xff}
}
