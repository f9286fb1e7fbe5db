package ui

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/inspect"
	"github.com/keyceremony/ceremony/report"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/ui/kit"
)

// This file has the files of the folder with their digests, how to check it
// without the program, and what can be printed.

// fileList are the files that the last seal vouches for.
func (p *viewer) fileList() fyne.CanvasObject {
	files := p.t.Manifest()
	r := p.t.Rule("manifest.files")
	above := kit.NewColumn(1, kit.NewText("What is in the folder", kit.OverlineBlue), kit.NewText("Files", kit.Title),
		kit.NewMarked(ruleMarks[r.Result], rule(r.ID), strings.Join(r.Lines(audit.FewLines), "\n")))
	open := kit.NewColumn(2)
	scroll := kit.NewScroll(kit.NewRoom(1.5, 0.5, open))
	list := kit.NewList(func(i int) kit.ListRow { return kit.ListRow{Title: files[i].Name, Note: files[i].SHA256.String()} },
		func(i int) {
			fillWith(open, p.file(files[i]))
			scroll.Refresh()
		})
	list.Set(len(files), 0)
	if len(files) == 0 {
		fillWith(open, kit.NewText("There is no manifest yet that vouches for files.", kit.Muted))
	}
	p.scroll = scroll
	return kit.NewScroll(kit.NewRoom(2.5, 2.5, container.New(below{2}, above, kit.NewSplit(list.Framed(), scroll))))
}

func (p *viewer) file(f audit.File) fyne.CanvasObject {
	look := kit.NewButton("Inspect it", kit.Plain, func() { p.inspect(filepath.Join(p.dir, f.Name)) })
	return kit.NewColumn(2, kit.NewText(f.Name, kit.Heading),
		kit.NewFacts([]kit.Fact{{Label: "SHA-256, in " + p.t.CodeOf, Value: f.SHA256.Groups(), Mono: true}}),
		kit.NewColumn(1, kit.NewText("See it without this program", kit.Overline), kit.NewMono("sha256sum "+steps.Quoted(f.Name)+"\ngrep "+steps.Quoted("  "+f.Name+"$")+" "+steps.Quoted(p.t.CodeOf))),
		kit.NewRow(1, -1, look))
}

// inspect looks at a file of the folder, and comes back here.
func (p *viewer) inspect(path string) {
	var r inspect.Report
	p.w.work.do("Inspect the file", func(context.Context) (err error) {
		r, err = p.w.host.Inspect(path)
		return err
	}, func(err error) {
		if err != nil {
			p.w.tell(err)
			return
		}
		p.w.show(newInspected(p.w, r, "Back to the transcript", func() { p.w.show(p) }))
	})
}

// stock says how to check the folder without this program.
func (p *viewer) stock() fyne.CanvasObject {
	var body []fyne.CanvasObject
	body = append(body, kit.NewText("What this page says is drawn from the record by a program, and proves nothing by itself. The proof is in the files. In a shell, in the folder:", kit.Body),
		kit.NewMono("cd "+p.dir))
	for _, part := range p.t.CardParts() {
		one := kit.NewColumn(1)
		if part.Words != "" {
			one.Add(kit.NewText(part.Words, kit.Body))
		}
		if part.Commands != "" {
			one.Add(kit.NewMono(part.Commands))
		}
		body = append(body, one)
	}
	return p.leaf("Without this program", "Check it without this program", body...)
}

// printing has what is drawn for paper.
func (p *viewer) printing() fyne.CanvasObject {
	paper := func(title, more, icon, name string, draw func(io.Writer) error) fyne.CanvasObject {
		path := filepath.Join(filepath.Dir(filepath.Clean(p.dir)), p.t.Plan.ID+name) // beside the folder
		return kit.NewTile(title, more, kit.Icon(icon), func() { p.print(title, path, draw) })
	}
	return p.leaf("On paper", "Print",
		kit.NewText("Each is a file that the browser of this machine prints. None of them is part of the proof.", kit.Body),
		kit.NewColumn(2,
			paper("The transcript", "All of this as pages: outcome, people, keys, every record, files, and how to check them.", "file", "-transcript.html",
				func(w io.Writer) error { return report.Write(w, p.dir, p.v) }),
			paper("The cover sheet", "One page that goes to the archive with the folder: the verdict, the code of the manifest, and boxes for signatures, safe and bags.", "pen", "-cover.html",
				func(w io.Writer) error { return report.WriteCover(w, p.dir, p.v) }),
			paper("The auditor's card", "The commands that check the folder with stock tools alone, as a script to read and to run.", "check", "-auditor-card.txt",
				func(w io.Writer) error { return report.WriteCard(w, p.dir) })))
}

// print draws a paper where people say.
func (p *viewer) print(title, path string, draw func(io.Writer) error) {
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		p.w.tell(err)
		return
	}
	p.w.print(title+": where does it go?", path, b.Bytes())
}
