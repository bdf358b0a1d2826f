import { useEffect } from 'react';

/** The title of the browser's tab: the nearest thing first. */
export function useTitle(...words: (string | undefined)[]) {
  const title = [...words.filter(Boolean), 'Streamwright'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
