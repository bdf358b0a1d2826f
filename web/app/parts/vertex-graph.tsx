import dagre from '@dagrejs/dagre';
import { type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { formatCount } from '../format';
import type { Vertex } from '../nouns';
import { useDark, useLanguage } from '../preferences';
import { ShareBar } from './share-bar';
import '@xyflow/react/dist/style.css';

const WIDTH = 236;
const HEIGHT = 118;

type VertexNode = Node<{ vertex: Vertex }, 'vertex'>;

/** Places for the vertices, from left to right. */
export function layOut(vertices: readonly Vertex[]): Map<string, { x: number; y: number }> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 56 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const vertex of vertices) graph.setNode(vertex.id, { width: WIDTH, height: HEIGHT });
  for (const vertex of vertices) for (const input of vertex.inputs) graph.setEdge(input, vertex.id);
  dagre.layout(graph);
  return new Map(
    vertices.map((vertex) => {
      const { x, y } = graph.node(vertex.id);
      return [vertex.id, { x: x - WIDTH / 2, y: y - HEIGHT / 2 }];
    }),
  );
}

function VertexBox({ data: { vertex } }: NodeProps<VertexNode>) {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <div className="vertex" style={{ width: WIDTH, height: HEIGHT }} data-state={vertex.state}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="vertex-name" title={vertex.name}>
        {vertex.name}
      </div>
      <div className="vertex-line">
        <code>{vertex.state}</code>
        <span className="figure">× {vertex.parallelism}</span>
      </div>
      <div className="vertex-line figure">
        <span title={t('vertex.recordsIn')}>→ {formatCount(vertex.recordsIn, language)}</span>
        <span title={t('vertex.recordsOut')}>{formatCount(vertex.recordsOut, language)} →</span>
      </div>
      <div className="vertex-line">
        <span className="quiet">{t('vertex.backPressureShort')}</span>
        <ShareBar share={vertex.backPressure} label={t('vertex.backPressure')} />
      </div>
      <div className="vertex-line">
        <span className="quiet">{t('vertex.busy')}</span>
        <ShareBar share={vertex.busy} hot={0.8} label={t('vertex.busy')} />
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

const NODE_TYPES = { vertex: VertexBox };

/** The job graph. The same figures stand in the table below it, which is what a screen reader reads. */
export function VertexGraph({ vertices }: { vertices: readonly Vertex[] }) {
  const dark = useDark();
  const shape = vertices.map((vertex) => `${vertex.id}<${vertex.inputs.join(',')}`).join(';');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the layout follows the shape, not the figures
  const places = useMemo(() => layOut(vertices), [shape]);
  const nodes: VertexNode[] = vertices.map((vertex) => ({
    id: vertex.id,
    type: 'vertex',
    position: places.get(vertex.id) ?? { x: 0, y: 0 },
    data: { vertex },
    width: WIDTH,
    height: HEIGHT,
  }));
  const edges: Edge[] = vertices.flatMap((vertex) =>
    vertex.inputs.map((input) => ({ id: `${input}-${vertex.id}`, source: input, target: vertex.id })),
  );
  const bottom = Math.max(...nodes.map((node) => node.position.y + HEIGHT));
  return (
    <div className="graph" style={{ height: Math.min(420, Math.max(160, bottom + 40)) }} aria-hidden="true">
      <ReactFlow
        key={shape}
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        colorMode={dark ? 'dark' : 'light'}
        fitView
        fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
        minZoom={0.2}
        maxZoom={1.5}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={false}
        zoomOnScroll={false}
        onlyRenderVisibleElements={vertices.length > 60}
        proOptions={{ hideAttribution: true }}
      />
    </div>
  );
}
