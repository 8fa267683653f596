/** Streams that become one. */
export const Brand = () => (
  <span className="brand">
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d="M2.500 6c6 0 6 6 10 6h9M2.500 18c6 0 6-6 10-6M2.500 12h6" />
    </svg>
    Leadstream
  </span>
);
