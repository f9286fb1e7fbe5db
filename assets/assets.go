// Package assets holds the pictures of the window: the program's icon, and
// the icons that ui/kit colours by its theme.
package assets

import "embed"

// IconSVG and IconPNG (512 by 512) are the program's icon: a key that crosses
// the gap between two blocks.
var (
	//go:embed icon.svg
	IconSVG []byte
	//go:embed icon.png
	IconPNG []byte
)

// Icons holds icons/NAME.svg, all on a field of 24 by 24. What is drawn in
// currentColor takes the colour asked for; what is drawn in paper takes the
// colour of the surface below.
//
//go:embed icons/*.svg
var Icons embed.FS
