/// What a run came to: numbers by method and budget, as a Markdown table and as one self-contained HTML page.
@NullMarked
package dev.fovea.eval.report;

import org.jspecify.annotations.NullMarked;
