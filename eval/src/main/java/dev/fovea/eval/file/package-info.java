/// A task's files, which come from anywhere: folders and zips, and the JSON in them, read within limits.
@NullMarked
package dev.fovea.eval.file;

import org.jspecify.annotations.NullMarked;
