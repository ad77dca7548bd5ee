from pathlib import Path

import pytest

from deploy.command.demo import PLACEMENTS
from deploy.command.failures import BadFile
from deploy.command.placements import Cells, Line, parse, read

HEADER = "NIK;Nama;Negara Tujuan;SK Penempatan;Tanggal Kontrak;Kode Desa"
ONE = "3307106902009001;Siti Contoh;Taiwan;SK-1;31/12/2023;33.07.10.2004"
CELLS = Cells("3307106902009001", "Siti Contoh", "Taiwan", "SK-1", "31/12/2023", "33.07.10.2004")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [";", ","])
def test_either_separator_with_or_without_a_byte_order_mark(separator: str, mark: str, end: str) -> None:
    text = mark + end.join((HEADER, ONE, "")).replace(";", separator)
    assert parse(text.encode()) == [Line(2, CELLS)]


def test_cells_are_passed_on_as_they_stand() -> None:
    [line] = parse(f"{HEADER}\n' 33.07; Siti  ;TWN;;kemarin;3307102004 \n".encode())
    assert line.cells == Cells("' 33.07", " Siti  ", "TWN", "", "kemarin", "3307102004 ")


def test_columns_are_known_by_name_in_any_order() -> None:
    text = "KODE DESA,Tanggal_Kontrak,SK Penempatan,negara tujuan,NAMA,nik,Catatan\nv,d,s,c,n,1,x\n"
    assert parse(text.encode()) == [Line(2, Cells("1", "n", "c", "s", "d", "v"))]


def test_a_list_without_a_header_has_the_usual_order() -> None:
    assert parse(f"{ONE}\n{ONE}\n".encode()) == [Line(1, CELLS), Line(2, CELLS)]


def test_half_a_header_is_refused_with_what_is_missing() -> None:
    with pytest.raises(BadFile, match="SK Penempatan, Kode Desa"):
        parse(b"NIK;Nama;Negara Tujuan;Tanggal Kontrak\n1;2;3;4\n")


@pytest.mark.parametrize("raw", [b"", b"\xef\xbb\xbf", b"\n \r\n", b"sep=;\n"])
def test_an_empty_file_is_no_list(raw: bytes) -> None:
    with pytest.raises(BadFile, match="empty"):
        parse(raw)


def test_a_header_alone_is_a_list_without_lines() -> None:
    assert parse(HEADER.encode()) == []


def test_blank_lines_are_left_out_but_counted() -> None:
    assert [line.number for line in parse(f"\n{HEADER}\n\n{ONE}\n  \n{ONE}\n\n".encode())] == [4, 6]


def test_the_spreadsheets_separator_line_is_no_record() -> None:
    assert parse(f"sep=;\n{HEADER}\n{ONE}\n".encode()) == [Line(3, CELLS)]


def test_a_record_over_several_lines_has_the_number_of_its_first() -> None:
    text = f'{HEADER}\n1;"Siti\nContoh";Taiwan;"SK;1";d;v\n{ONE}\n'
    first, second = parse(text.encode())
    assert (first.number, first.cells) == (2, Cells("1", "Siti\nContoh", "Taiwan", "SK;1", "d", "v"))
    assert second == Line(4, CELLS)


def test_a_quote_that_nobody_closes_swallows_no_line() -> None:
    lines = parse(f'{HEADER}\n1;"Siti;Taiwan;s;d;v\n{f"{ONE}{chr(10)}" * 20}'.encode())
    assert [line.number for line in lines] == list(range(2, 23))
    assert lines[0].cells == Cells("1", '"Siti', "Taiwan", "s", "d", "v")
    assert {line.cells for line in lines[1:]} == {CELLS}


def test_a_short_line_has_empty_cells_and_a_long_one_is_cut() -> None:
    assert parse(f"{HEADER}\n1;n\n1;n;c;s;d;v;x;y\n".encode()) == [
        Line(2, Cells("1", "n", "", "", "", "")),
        Line(3, Cells("1", "n", "c", "s", "d", "v")),
    ]


def test_a_line_that_is_not_utf8_is_marked_and_the_others_are_read() -> None:
    raw = HEADER.encode() + b"\n1;Andr\xe9;Taiwan;s;d;v\n" + ONE.encode() + b"\n"
    assert parse(raw) == [Line(2, None), Line(3, CELLS)]


def test_a_file_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(BadFile, match=r"nowhere\.csv"):
        read(Path("nowhere.csv"))


def test_the_shipped_list_has_a_thousand_lines() -> None:
    lines = read(PLACEMENTS)
    assert [line.number for line in lines] == list(range(2, 1002))
    assert all(line.cells for line in lines)
