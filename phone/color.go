package phone

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// paint is a colour for an SVG's fill, and the class of the text that can be
// read upon it.
type paint struct {
	Fill string // "#3B7CFF"
	Text string // "ph-on-dark" or "ph-on-light"
}

// headColor reads an OA head's AARRGGBB; the documents' grey for what is none.
func headColor(bgcolor string) paint { return mix(bgcolor, 0xFFBBBBBB) }

// statusColor reads a status bar's 0xAARRGGBB; black, the documents' default,
// for what is none.
func statusColor(bg string) paint {
	return mix(strings.TrimPrefix(strings.TrimPrefix(bg, "0x"), "0X"), 0xFF000000)
}

// mix lays a colour over white by its alpha.
func mix(aarrggbb string, other uint64) paint {
	v, err := strconv.ParseUint(aarrggbb, 16, 32)
	if err != nil || len(aarrggbb) != 8 {
		v = other
	}
	alpha := float64(v>>24) / 255
	over := func(shift uint) float64 { return float64(v>>shift&0xFF)*alpha + 255*(1-alpha) }
	r, g, b := over(16), over(8), over(0)
	p := paint{Fill: fmt.Sprintf("#%02X%02X%02X", int(math.Round(r)), int(math.Round(g)), int(math.Round(b))), Text: "ph-on-dark"}
	if luminance(r, g, b) > 0.3 { // where white text would have less contrast than 3:1
		p.Text = "ph-on-light"
	}
	return p
}

// luminance is the relative luminance of WCAG 2.
func luminance(r, g, b float64) float64 {
	linear := func(c float64) float64 {
		c /= 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
