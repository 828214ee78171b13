/** What a person sees: tables, pages, progress and the HTML sheet. Pure text in, pure text out, but for {@code Screen}. */
@NullMarked
package io.saccade.cli.screen;

import org.jspecify.annotations.NullMarked;
