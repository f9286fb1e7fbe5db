package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/ui/kit"
)

// scrolling is a page that the keys turn.
type scrolling struct{ scroll *kit.Scroll }

// over has content scroll, no wider than most.
func (s *scrolling) over(most float32, content fyne.CanvasObject) fyne.CanvasObject {
	s.scroll = kit.NewScroll(kit.NewPage(most, content))
	return s.scroll
}

func (s *scrolling) scroller() *container.Scroll { return s.scroll.Scroll }
