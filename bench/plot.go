package main

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	plotWidth  = 34 * vg.Centimeter
	plotHeight = 24 * vg.Centimeter
	plotMargin = vg.Centimeter / 2
	barWidth   = vg.Length(19) // in points
	barStep    = 0.145         // of the space that a row has
)

func sans() font.Font { return font.Font{Typeface: "Liberation", Variant: "Sans"} }

// plot draws the CPU of each request above what part that is of the bare
// proxy's.
func (r *Report) plot(file string) error {
	above, err := r.panel("CPU of the proxy for one request, us", "%.0f", func(f *Figure) (Spread, *Target) { return f.CPU, nil })
	if err != nil {
		return err
	}
	above.Legend.Add("target: at most", targetLine(nil))
	below, err := r.panel("the same as a multiple of the bare proxy's", "%.1f", func(f *Figure) (Spread, *Target) { return f.Ratio, f.Target })
	if err != nil {
		return err
	}
	below.Legend = plot.NewLegend() // it would say the same
	above.Title.Text = fmt.Sprintf("scimshim beside proxies that map nothing: median and range of %d rounds, %d connections, %d cores, %s", r.Rounds, r.Connections, r.Machine.Cores, r.Machine.Go)
	canvas := vgsvg.New(plotWidth, plotHeight)
	tiles := draw.Tiles{Rows: 2, Cols: 1, PadY: 2 * plotMargin, PadTop: plotMargin, PadBottom: plotMargin, PadLeft: plotMargin, PadRight: plotMargin}
	cells := plot.Align([][]*plot.Plot{{above}, {below}}, tiles, draw.New(canvas))
	above.Draw(cells[0][0])
	below.Draw(cells[1][0])
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	// Few machines have this font; without a second name a browser takes one
	// with serifs.
	text := bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return os.WriteFile(file, text, 0o644)
}

// panel has a group of bars for each row, and in it one bar for each proxy.
func (r *Report) panel(what, format string, value func(*Figure) (Spread, *Target)) (*plot.Plot, error) {
	rows, proxies := r.names()
	p := plot.New()
	p.Y.Label.Text, p.Y.Min = what, 0
	p.Legend.Top, p.Legend.Left = true, true
	r.nameGroups(p, rows)
	style(p)
	var targets []*plotter.Line
	for j, proxy := range proxies {
		s := &series{name: proxy, format: format}
		for i, row := range rows {
			spread, target := value(r.figure(row, proxy))
			s.add(float64(i)+(float64(j)-float64(len(proxies)-1)/2)*barStep, spread, target)
		}
		lines, err := s.draw(p)
		if err != nil {
			return nil, err
		}
		targets = append(targets, lines...)
	}
	for _, line := range targets {
		p.Add(line)
	}
	p.X.Min, p.X.Max = -0.5, float64(len(rows))-0.5
	p.Y.Max *= 1.08 // for the numbers on the highest bars
	p.Y.Tick.Marker = plot.ConstantTicks(ticks(p.Y.Max))
	return p, nil
}

// ticks are at most ten whole numbers.
func ticks(most float64) (out []plot.Tick) {
	factors := []float64{2, 2.5, 2} // 1, 2, 5, 10, 20 and so on
	step := 1.0
	for i := 0; most/step > 10; i++ {
		step *= factors[i%len(factors)]
	}
	for at := 0.0; at <= most; at += step {
		out = append(out, plot.Tick{Value: at, Label: strconv.FormatFloat(at, 'f', 0, 64)})
	}
	return out
}

// names are the rows and proxies that there are figures for.
func (r *Report) names() (rows, proxies []string) {
	for _, row := range allRows() {
		if r.figure(row.name, bareProxy) != nil {
			rows = append(rows, row.name)
		}
	}
	for _, proxy := range allProxies() {
		if len(rows) > 0 && r.figure(rows[0], proxy) != nil {
			proxies = append(proxies, proxy)
		}
	}
	return rows, proxies
}

// nameGroups writes below each group the row and the vendor calls that the
// gateway makes for it.
func (r *Report) nameGroups(p *plot.Plot, rows []string) {
	labels := make([]string, len(rows))
	for i, row := range rows {
		labels[i] = row
		if f := r.figure(row, plain); f != nil && f.Calls != 1 {
			labels[i] += ": " + strconv.FormatFloat(f.Calls, 'g', 3, 64) + " calls"
		}
	}
	p.NominalX(labels...)
}

func style(p *plot.Plot) {
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Label.TextStyle, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		s.Font = font.From(sans(), vg.Points(11))
	}
	p.Title.Padding = vg.Points(8)
	p.Legend.Padding = vg.Points(3)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color = color.Gray{0xe0}
	p.Add(grid)
}
