package dev.fovea.eval.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.fovea.eval.Box;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntriesTest {
    @TempDir
    Path folder;

    @Test
    void linesAreReadInOrderAndBlankOnesPassedOver() throws IOException {
        List<Entry> entries = lines("{'a':'1'}\r\n\n  \n{'a':'2'}\n");
        assertThat(entries).extracting(entry -> entry.text("a")).containsExactly("1", "2");
        assertThat(entries).extracting(Entry::number).containsExactly(1, 2);
        assertThat(entries.get(1).place()).endsWith("questions.jsonl, line 4");
    }

    @Test
    void aDocumentIsAListOrHoldsOne() throws IOException {
        assertThat(document("[{'a':'1'},{'a':'2'}]")).hasSize(2);
        assertThat(document("{'version':1,'data':[{'a':'1'}]}")).hasSize(1);
        fails(() -> document("{'dat':[]}"), "expected a list, or an object with a list data, found nothing");
        fails(() -> document("[1]"), "entry 1: expected a JSON object, found number");
        fails(() -> document("[]"), "expected questions, found none");
    }

    @Test
    void everyCutOfALineIsRefusedWithItsNumber() {
        String line = "{'a': ['x', 1.5], 'b': {'c': null}}";
        for (int length = 1; length < line.length(); length++) {
            String cut = line.substring(0, length);
            fails(() -> lines("{'a':'1'}\n" + cut), "questions.jsonl, line 2");
        }
    }

    @Test
    void brokenLinesAreRefused() {
        fails(() -> lines(""), "expected questions, found none");
        fails(() -> lines("{'a':1}{'a':2}"), "line 1");
        fails(() -> lines("{'a':1,'a':2}"), "line 1");
        fails(() -> lines("'text'"), "line 1: expected a JSON object, found string");
        fails(() -> lines("[".repeat(5000)), "line 1");
        fails(() -> lines("{'a':'" + "x".repeat(Entries.MAX_LINE_BYTES) + "'}"), "line 1: expected at most");
    }

    @Test
    void fieldsOfTheWrongTypeAreNamed() throws IOException {
        Entry entry =
                lines("{'t':' ','n':1,'l':[1],'z':null,'e':[],'f':1.5,'o':{}}").getFirst();
        fails(() -> entry.text("t"), "line 1, field t: expected text");
        fails(() -> entry.text("n"), "field n: expected text, found number 1");
        fails(() -> entry.text("none"), "field none: expected text, found nothing");
        fails(() -> entry.text("z"), "field z: expected text, found null");
        fails(() -> entry.texts("l"), "field l: expected a list of texts, found number 1");
        fails(() -> entry.texts("e"), "field e: expected a list with something in it");
        fails(() -> entry.texts("n"), "field n: expected a list, found number 1");
        fails(() -> entry.id("f"), "field f: expected text, found number 1.5");
        fails(() -> entry.whole("f", 9), "a whole number from 0 to 9, found number 1.5");
        fails(() -> entry.whole("n", 0), "a whole number from 0 to 0, found number 1");
        fails(() -> entry.label("o"), "field o: expected text, a number or a truth value, found object");
    }

    @Test
    void absentNullAndEmptyTextsAreNone() throws IOException {
        Entry entry = lines("{'t':' ','z':null,'x':'y'}").getFirst();
        assertThat(entry.optionalText("t")).isEmpty();
        assertThat(entry.optionalText("z")).isEmpty();
        assertThat(entry.optionalText("none")).isEmpty();
        assertThat(entry.optionalText("x")).contains("y");
    }

    @Test
    void idsMayBeNumbersAndASingleTextIsAList() throws IOException {
        Entry entry = lines("{'i':12,'s':'12','b':true,'f':8.5}").getFirst();
        assertThat(entry.id("i")).isEqualTo("12").isEqualTo(entry.id("s"));
        assertThat(entry.texts("s")).containsExactly("12");
        assertThat(entry.label("b")).contains("true");
        assertThat(entry.label("f")).contains("8.5");
        assertThat(entry.whole("i", 12)).isEqualTo(12);
    }

    @Test
    void boxesAreCornersOrCornerAndSize() throws IOException {
        Entry entry = lines("{'b':[[1,2,3,5]],'n':[[1,2,3]],'x':[[3,0,1,1]],'h':[[0,0,1e400,1]],'t':[['1',2,3,4]]}")
                .getFirst();
        assertThat(entry.boxes("b", false)).containsExactly(new Box(1, 2, 3, 5));
        assertThat(entry.boxes("b", true)).containsExactly(new Box(1, 2, 4, 7));
        fails(() -> entry.boxes("n", false), "field n: expected lists of 4 numbers, found array");
        fails(() -> entry.boxes("x", false), "field x: expected a box inside a picture");
        fails(() -> entry.boxes("h", false), "field h: expected a box inside a picture");
        fails(() -> entry.boxes("t", false), "field t: expected lists of 4 numbers, found string");
    }

    private List<Entry> lines(String json) throws IOException {
        Files.writeString(folder.resolve("questions.jsonl"), json.replace('\'', '"'));
        return Entries.lines(TaskFiles.open(folder), "questions.jsonl");
    }

    private List<Entry> document(String json) throws IOException {
        Files.writeString(folder.resolve("all.json"), json.replace('\'', '"'));
        return Entries.document(TaskFiles.open(folder), "all.json", "data");
    }

    private static void fails(ThrowingCallable call, String message) {
        assertThatExceptionOfType(TaskFormatException.class).isThrownBy(call).withMessageContaining(message);
    }
}
