@NullMarked
package dev.fovea.cli.picture;

import org.jspecify.annotations.NullMarked;
