package kit

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// A Preview shows what a camera sees, as it comes, with a line around each
// code that was found. Before there is a picture it has words.
type Preview struct {
	widget.BaseWidget
	words   *Text
	picture *canvas.Image
	lines   *fyne.Container
	found   []Outline
	shape   image.Point // of the picture
	width   float32
	content *fyne.Container
}

// An Outline is where a code is in a picture, in pixels of it.
type Outline struct {
	Corners [4][2]float64
	Taken   bool // else it is drawn as one that is not taken
}

// NewPreview has words and no picture.
func NewPreview(words string) *Preview {
	p := &Preview{words: NewText(words, Muted), picture: &canvas.Image{}, lines: container.NewWithoutLayout()}
	p.words.SetAlign(fyne.TextAlignCenter)
	p.picture.FillMode, p.picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	p.content = container.New(previewLayout{p}, newBox(ColorBox, ColorLine, 1, 1), p.words, p.picture, p.lines)
	p.ExtendBaseWidget(p)
	return p
}

// See shows a picture, and what was found in it.
func (p *Preview) See(img *image.Gray, found []Outline) {
	p.shape, p.found = img.Rect.Size(), found
	p.picture.Image = thin(img)
	p.words.Hide()
	p.picture.Refresh()
	p.outline()
}

// Clear has words and no picture again.
func (p *Preview) Clear(words string) {
	p.picture.Image, p.found = nil, nil
	p.words.SetText(words)
	p.words.Show()
	p.picture.Refresh()
	p.outline()
	p.content.Refresh()
}

// thin leaves out lines and columns: a preview needs no more than some
// hundred.
func thin(img *image.Gray) image.Image {
	const enough = 480
	step := max(1, img.Rect.Dx()/enough)
	if step == 1 {
		return img
	}
	out := image.NewGray(image.Rect(0, 0, img.Rect.Dx()/step, img.Rect.Dy()/step))
	for y := range out.Rect.Dy() {
		from := img.Pix[y*step*img.Stride:]
		for x := range out.Rect.Dx() {
			out.Pix[y*out.Stride+x] = from[x*step]
		}
	}
	return out
}

// outline draws the lines around codes where the picture is.
func (p *Preview) outline() {
	p.lines.Objects = nil
	size := p.Size()
	if p.shape.X > 0 && p.shape.Y > 0 {
		scale := min(size.Width/float32(p.shape.X), size.Height/float32(p.shape.Y))
		left, top := (size.Width-scale*float32(p.shape.X))/2, (size.Height-scale*float32(p.shape.Y))/2
		at := func(c [2]float64) fyne.Position {
			return fyne.NewPos(left+scale*float32(c[0]), top+scale*float32(c[1]))
		}
		for _, f := range p.found {
			for i := range f.Corners {
				l := &canvas.Line{StrokeColor: Color(ColorBand), StrokeWidth: 2}
				if f.Taken {
					l.StrokeColor, l.StrokeWidth = palettes[Dark][ColorGreen], 4
				}
				l.Position1, l.Position2 = at(f.Corners[i]), at(f.Corners[(i+1)%4])
				p.lines.Objects = append(p.lines.Objects, l)
			}
		}
	}
	p.lines.Refresh()
}

// Resize keeps the width, on which the height hangs.
func (p *Preview) Resize(s fyne.Size) {
	p.width = s.Width
	p.BaseWidget.Resize(s)
	p.outline()
}

// MinSize is in the shape of most cameras' pictures.
func (p *Preview) MinSize() fyne.Size {
	width := p.width
	if width == 0 {
		width = grid(40)
	}
	return fyne.NewSize(grid(20), width*3/4)
}

// CreateRenderer is for Fyne.
func (p *Preview) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.content) }

// Refresh follows the theme.
func (p *Preview) Refresh() {
	p.content.Refresh()
	p.outline()
	p.BaseWidget.Refresh()
}

type previewLayout struct{ p *Preview }

func (l previewLayout) MinSize([]fyne.CanvasObject) fyne.Size { return l.p.MinSize() }

func (l previewLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for _, each := range []fyne.CanvasObject{o[0], o[2], o[3]} {
		place(each, 0, 0, size.Width, size.Height)
	}
	h := settle(o[1], size.Width-grid(4))
	o[1].Move(fyne.NewPos(grid(2), (size.Height-h)/2))
}
