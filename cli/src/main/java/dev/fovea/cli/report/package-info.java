/// Results as JSON and as text.
@NullMarked
package dev.fovea.cli.report;

import org.jspecify.annotations.NullMarked;
